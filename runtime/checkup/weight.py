"""What makes a site slow or hard to run by its mere number: files, web roles, rows in drop-downs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from metadata.told import told
from runtime.checkup.findings import Finding, Ground
from runtime.forms.builder import form_fields
from runtime.forms.layout import MOST_IN_DROPDOWN

MOST_FILES, MOST_ROLES = 500, 100
_WAITED_FOR = re.compile(r"<script\b(?=[^>]*\ssrc\s*=)(?![^>]*\s(?:defer|async|type\s*=\s*[\"']?module)\b)", re.IGNORECASE)
_SHEET = re.compile(r"<link\b(?=[^>]*\srel\s*=\s*[\"']?stylesheet\b)", re.IGNORECASE)


def many_files(ground: Ground) -> Iterator[Finding]:
    """The site has no more web files than are easily kept in order."""
    if len(ground.site.web_files) > MOST_FILES:
        message = told(
            "The site has {count} web files, more than {most}: each release and each export goes through all of them.",
            count=len(ground.site.web_files),
            most=MOST_FILES,
        )
        mend = told("Make what belongs to records an attribute of type file there, and take out what nothing names.")
        yield Finding("warning", "site", ground.site.key, "", message, mend)


def many_roles(ground: Ground) -> Iterator[Finding]:
    """The site has no more web roles than somebody can tell apart."""
    if len(ground.site.roles) > MOST_ROLES:
        message = told(
            "The site has {count} web roles, more than {most}: who may do what is hard to see through.",
            count=len(ground.site.roles),
            most=MOST_ROLES,
        )
        mend = told("Let permissions follow the person's account and rows instead of a web role for each of them.")
        yield Finding("warning", "site", ground.site.key, "", message, mend)


def long_drop_downs(ground: Ground) -> Iterator[Finding]:
    """A lookup that is shown as a drop-down has no more rows than it offers."""
    for name, form in sorted(ground.snapshot.forms.items()):
        for field in form_fields(form):
            attribute = ground.snapshot.entities[form.entity].attributes.get(field.attribute)
            if field.style != "dropdown" or attribute is None or field.view or field.narrowed_by:
                continue
            for target in attribute.targets:
                if ground.more_than(target, MOST_IN_DROPDOWN):
                    message = told(
                        "The drop-down of {attribute} offers {most} rows at most, and there are more of the entity {entity}.",
                        attribute=field.attribute,
                        most=MOST_IN_DROPDOWN,
                        entity=target,
                    )
                    mend = told("Take style: dropdown away, so that people search for a row, or limit the rows by a view.")
                    yield Finding("warning", "form", name, field.attribute, message, mend)


def scripts_that_pages_wait_for(ground: Ground) -> Iterator[Finding]:
    """No page waits for a script or a style sheet that a web template names in its midst."""
    for name, template in sorted(ground.site.web_templates.items()):
        for line, text in enumerate(template.source.splitlines(), 1):
            if _WAITED_FOR.search(text):
                message = told("Line {line}: a page is not shown before this script has come and run.", line=line)
                mend = told("Write defer, async or type=module into the tag.")
                yield Finding("warning", "web_template", name, "source", message, mend)
            if _SHEET.search(text):
                message = told("Line {line}: what follows is not shown before this style sheet has come.", line=line)
                mend = told("Make it a style sheet of the site.")
                yield Finding("warning", "web_template", name, "source", message, mend)


RULES = (many_files, many_roles, long_drop_downs, scripts_that_pages_wait_for)
