"""The form of a firing whose kiln may be made on the spot, as a search box or as a dropdown."""

from metadata.model import Component, EntityPermission, FormField, FormRule
from support.pottery import form, text
from support.ruled import OWNER


def with_new_kilns(style: str = "") -> tuple[Component, ...]:
    """What has to be published: the form of a kiln, the form that asks for one, and the right to make one."""
    kiln = FormField(attribute="kiln", view="kilns", style=style, create_form="kiln-new")
    return (
        form(
            "kiln-new",
            "kiln",
            FormField(attribute="name", required=True),
            FormField(attribute="rate"),
            FormField(attribute="closed"),
            label=text({"en": "New kiln", "sv": "Ny ugn"}),
            rules=(FormRule(when="closed", show=("rate",)),),
        ),
        form("firing-new", "firing", FormField(attribute="title"), kiln, *OWNER, success_page="firing"),
        EntityPermission(
            key="makers", entity="kiln", scope="global", roles=("potter",), privileges=("read", "create", "append_to")
        ),
    )
