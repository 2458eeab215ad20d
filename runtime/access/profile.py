"""What a person may do with their own contact row because the site has a profile page, without any permission."""

from __future__ import annotations

from metadata.model import Form
from metadata.snapshot import CompiledEntity, CompiledSite, Snapshot

NEVER_WRITTEN = frozenset({"account", "company", "email", "active"})


def profile_attributes(snapshot: Snapshot, site: CompiledSite, privilege: str) -> frozenset[str]:
    """The contact attributes on the forms of the site's profile blocks: those shown, or those that may be changed.

    What decides a person's reach (account, company, lookups to an account), identity (email) or access (active) is shown
    at most.
    """
    contact = snapshot.entities.get("contact")
    if contact is None or privilege not in ("read", "write"):
        return frozenset()
    names = {block.form for node in site.pages.values() for block in node.page.blocks if block.type == "profile" and block.form}
    forms = [snapshot.forms[name] for name in names if name in snapshot.forms]
    shown = frozenset().union(*(_attributes(form, privilege) for form in forms if form.entity == "contact"))
    return frozenset(key for key in shown if _open(contact, key, privilege))


def _attributes(form: Form, privilege: str) -> frozenset[str]:
    fields = [field for tab in form.tabs for section in tab.sections for field in section.fields]
    if privilege == "read":
        return frozenset(field.attribute.partition(".")[0] for field in (*fields, *form.summary))
    return frozenset(field.attribute for field in fields if not field.read_only)


def _open(contact: CompiledEntity, key: str, privilege: str) -> bool:
    attribute = contact.attributes.get(key)
    if attribute is None:
        return False
    if privilege == "read":
        return True
    return not attribute.system and key not in NEVER_WRITTEN and "account" not in attribute.targets
