"""Rules on the tree of pages and what stands on a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from metadata.checks.world import World
from metadata.errors import Problem
from metadata.model import Block, Form, Page, Site
from metadata.schema.faults import did_you_mean, shown
from metadata.told import told

ILLEGAL = frozenset("/?#!%")
ENGINE = frozenset(
    {
        "access-requests",
        "accounts",
        "activity",
        "consent",
        "email",
        "healthz",
        "invitation",
        "logins",
        "metrics",
        "my-data",
        "passkeys",
        "password",
        "readyz",
        "register",
        "robots.txt",
        "second-factor",
        "security",
        "sessions",
        "share",
        "shares",
        "signin",
        "signout",
        "sitemap.xml",
        "studio",
    }
)
"""First parts of addresses at which the engine itself answers, besides those that begin with _."""
# What a block of each type shows, as the property that names it.
SHOWS = {
    "profile": "form",
    "list": "list",
    "form": "form",
    "multistep_form": "multistep_form",
    "snippet": "snippet",
    "component": "web_template",
    "search": "search",
    "charts": "charts",
}
# Without a record in the address these are the person's own.
OWN = ("contact", "account", "company")
UNIQUE_TYPES = ("unique_id", "auto_number")


def of_sites(world: World) -> Mapping[str, Mapping[str, Page]]:
    """The pages of every site by key."""
    found: dict[str, dict[str, Page]] = {site.key: {} for site in world.all(Site)}
    for page in world.all(Page):
        found.setdefault(page.site, {})[page.key] = page
    return found


def roots(world: World) -> Iterator[Problem]:
    """Every site with pages has one root: the page without parent whose part of the address is /."""
    for site, pages in of_sites(world).items():
        top = sorted((page for page in pages.values() if not page.parent), key=lambda page: (page.partial_url != "/", page.key))
        for page in top[1:]:
            message = told(
                "The site {site} has its root already ({root}); give this page a parent.", site=site, root=top[0].key
            )
            yield world.problem(page, "parent", "second-root", message)
        if top and top[0].partial_url != "/":
            message = told("The page without parent is the root of the site: its partial_url must be /.")
            yield world.problem(top[0], "partial_url", "root-segment", message)


def segments(world: World) -> Iterator[Problem]:
    """A page below the root has a part of the address that can stand in one, a record page has none of its own."""
    for page in world.all(Page):
        fault = fault_in_segment(page)
        if fault:
            yield world.problem(page, "partial_url", "segment", fault)


def fault_in_segment(page: Page) -> str:
    """What is wrong with a page's part of the address."""
    part = page.partial_url
    if part == "/":
        return told("Only the page without parent has the partial_url /; give this one a word.") if page.parent else ""
    if page.record_entity:
        return told("The record's key is the part of the address of a record page; leave partial_url out.") if part else ""
    if not part:
        return told("The page has no part of the address; give it a partial_url.") if page.parent else ""
    if part in (".", "..") or ILLEGAL & set(part) or any(letter.isspace() for letter in part):
        return told("{part} cannot be a part of an address; leave out / ? # ! %, spaces and lone dots.", part=shown(part))
    return told("Parts of addresses that begin with _ belong to the engine; choose another.") if part.startswith("_") else ""


def engine(world: World) -> Iterator[Problem]:
    """No page stands where the engine answers: nobody would ever see it."""
    for pages in of_sites(world).values():
        for page in pages.values():
            above = pages.get(page.parent)
            if above is not None and not above.parent and page.partial_url.lower() in ENGINE:
                place = f"/{page.partial_url.lower()}"
                message = told(
                    "The engine itself answers at {place}, so nobody sees the page; choose another partial_url.", place=place
                )
                yield world.warning(page, "partial_url", "engine-address", message)


def siblings(world: World) -> Iterator[Problem]:
    """Pages under one parent differ in their part of the address, also without regard to upper and lower case."""
    for page_of in of_sites(world).values():
        taken: dict[tuple[str, str], str] = {}
        for page in sorted(page_of.values(), key=lambda page: page.key):
            if page.parent:
                first = taken.setdefault((page.parent, page.partial_url.lower()), page.key)
                if first != page.key:
                    message = told("The page {page} has the same address; give one of them another partial_url.", page=first)
                    yield world.problem(page, "partial_url", "same-address", message)


def cycles(world: World) -> Iterator[Problem]:
    """No page is below itself."""
    for pages in of_sites(world).values():
        for page in pages.values():
            if page.key in [above.key for above in ancestors(pages, page)]:
                message = told("The page is below itself; give it, or one above it, another parent.")
                yield world.problem(page, "parent", "cycle", message)


def ancestors(pages: Mapping[str, Page], page: Page) -> list[Page]:
    """The pages above a page, nearest first, each once; the page itself among them where it is below itself."""
    found: list[Page] = []
    above = pages.get(page.parent)
    while above is not None and above not in found:
        found.append(above)
        above = pages.get(above.parent)
    return found


def record_pages(world: World) -> Iterator[Problem]:
    """The attribute in the address of a record page names one record."""
    for page in world.all(Page):
        if page.record_key and not page.record_entity:
            message = told("record_key is for the page of one record; give record_entity or remove it.")
            yield world.problem(page, "record_key", "record-page", message)
        elif page.record_entity in world.entities:
            fault = fault_in_record_key(world, page)
            if fault:
                yield world.problem(page, "record_key" if page.record_key else "record_entity", "record-page", fault)


def fault_in_record_key(world: World, page: Page) -> str:
    """Why the values of a page's record key do not name one record each."""
    entity = world.entities[page.record_entity]
    key = page.record_key or entity.model.primary_name or "id"
    attribute = entity.attributes.get(key)
    if attribute is None:
        hint = did_you_mean(key, entity.attributes)
        return told(
            "The entity {entity} has no attribute {attribute} of its own to stand in the address.{hint}",
            entity=entity.key,
            attribute=shown(key),
            hint=hint,
        )
    alone = {item.attributes for item in entity.model.keys}
    if key == "id" or attribute.type in UNIQUE_TYPES or (key,) in alone:
        return ""
    mend = told("give the entity an alternate key of {attribute} alone, or the page another record_key", attribute=key)
    return told("Two rows of {entity} may have the same {attribute}; {mend}.", entity=entity.key, attribute=key, mend=mend)


def blocks(world: World) -> Iterator[Problem]:
    """A block names what it shows."""
    for page in world.all(Page):
        for index, block in enumerate(page.blocks):
            name = SHOWS.get(block.type)
            if name and not getattr(block, name):
                message = told("A block of type {type} needs to name what it shows.", type=block.type)
                yield world.problem(page, f"blocks.{index}.{name}", "block", message)
            for other in set(SHOWS.values()) - {name}:
                if getattr(block, other) and (block.type, other) != ("profile", "form"):
                    message = told(
                        "A block of type {type} does not show {property}; remove it or change the type.",
                        type=block.type,
                        property=other,
                    )
                    yield world.problem(page, f"blocks.{index}.{other}", "block", message)


def forms_on_pages(world: World) -> Iterator[Problem]:
    """A form that shows or edits a record is on the page of such a record, or below it."""
    for pages in of_sites(world).values():
        for page in pages.values():
            for index, block in enumerate(page.blocks):
                fault = fault_in_form_block(world, pages, page, block)
                if fault:
                    yield world.problem(page, f"blocks.{index}.form", "form-page", fault)


def fault_in_form_block(world: World, pages: Mapping[str, Page], page: Page, block: Block) -> str:
    """Why a page has no record for a form on it."""
    form = world.find("form", block.form) if block.type == "form" and block.mode != "insert" else None
    if not isinstance(form, Form) or form.entity in OWN or block.record is not None:
        return ""
    entities = [item.record_entity for item in (page, *ancestors(pages, page)) if item.record_entity]
    if form.entity in entities[:1]:
        return ""
    has = told("the page shows records of {entity}", entity=entities[0]) if entities else told("the page shows no record")
    return told(
        "The form {form} needs a record of {entity}, but {has}; give the page record_entity, or mode insert.",
        form=form.key,
        entity=form.entity,
        has=has,
    )


RULES = (roots, segments, engine, siblings, cycles, record_pages, blocks, forms_on_pages)
