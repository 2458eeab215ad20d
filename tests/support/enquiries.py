"""Passers-by at the pottery, who are not signed in and may ask it something, on forms with a captcha."""

from __future__ import annotations

import re
from typing import Any

from metadata.model import (
    Attribute,
    Block,
    Component,
    Entity,
    EntityPermission,
    FormField,
    MultistepForm,
    SiteSetting,
    Step,
    WebRole,
)
from support.pottery import form, page, text

ASK, ASK_IN_STEPS = "/ask", "/steps"


def enquiries(captcha: str = "anonymous", **settings: str) -> tuple[Component, ...]:
    """What the pottery needs for it; `settings` are site settings of captchas."""
    values = {"provider": "question", **settings}
    return (
        Entity(
            key="enquiry",
            primary_name="subject",
            label=text("Enquiry"),
            attributes=(
                Attribute(key="subject", type="text", required="required", label=text("Subject")),
                Attribute(key="email", type="email", label=text("Your email")),
            ),
        ),
        form("enquiry-new", "enquiry", FormField(attribute="subject"), FormField(attribute="email"), captcha=captcha),
        page("ask", Block(type="form", form="enquiry-new", mode="insert")),
        WebRole(key="passer", default="anonymous"),
        EntityPermission(key="enquiries", entity="enquiry", scope="global", roles=("passer", "potter"), privileges=("create",)),
        *(SiteSetting(key=f"captcha/{name}", value=value) for name, value in values.items()),
    )


def in_steps(captcha: str = "anonymous", *, anonymous: bool = True, review: bool = False, **more: Any) -> tuple[Component, ...]:
    """The same asked in two steps, and a review where wanted."""
    steps = (
        Step(key="what", form="enquiry-what", label=text("What")),
        Step(key="who", form="enquiry-who", label=text("Who")),
        *((Step(key="check", type="review", label=text("Check")),) if review else ()),
    )
    return (
        form("enquiry-what", "enquiry", FormField(attribute="subject")),
        form("enquiry-who", "enquiry", FormField(attribute="email", required=True)),
        MultistepForm(key="asking", entity="enquiry", steps=steps, anonymous=anonymous, captcha=captcha, **more),
        page("steps", Block(type="multistep_form", multistep_form="asking")),
    )


def solved(page: str) -> dict[str, str]:
    """What a person without JavaScript answers to the sum in a page."""
    found = re.search(r"What is (\d+) plus (\d+)", page)
    return {"_captcha_answer": str(int(found[1]) + int(found[2]))} if found else {}


def typed(**more: Any) -> dict[str, Any]:
    """What is typed in the form."""
    return {"subject": "Do you fire porcelain?", "email": "passer@by.example", **more}
