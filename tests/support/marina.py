"""A marina that exists in these tests only: berths, bookings with extras, and the site where skippers see theirs."""

from __future__ import annotations

from dataclasses import replace

from metadata.model import (
    AlternateKey,
    Attribute,
    AttributePermission,
    AttributeRight,
    Block,
    Choice,
    ColumnOverride,
    Component,
    Entity,
    EntityPermission,
    Filter,
    Form,
    FormField,
    Language,
    ListComponent,
    ListMap,
    ListMessages,
    Option,
    Page,
    PageAccessRule,
    PageTemplate,
    Progress,
    RelatedList,
    RowAction,
    Section,
    Site,
    SiteMarker,
    Snippet,
    Sort,
    Tab,
    Text,
    Tile,
    View,
    ViewColumn,
    WebLink,
    WebLinkSet,
    WebRole,
)

text = Text.of

LANGUAGES = (
    Language(key="en-US", label=text("English")),
    Language(key="sv-SE", label=text("Svenska"), fallback="en-US"),
    Language(key="nl-NL", label=text("Nederlands"), fallback="en-US"),
)

MOORING = Choice(
    key="mooring",
    options=(
        Option(value="asked", label=text({"en": "Asked for", "sv": "Begärd"}), tone="neutral", mark="open"),
        Option(value="confirmed", label=text({"en": "Confirmed", "sv": "Bekräftad"}), tone="info"),
        Option(value="moored", label=text({"en": "Moored", "sv": "Förtöjd"}), tone="good"),
        Option(value="cancelled", label=text({"en": "Cancelled", "sv": "Avbokad"}), tone="bad", mark="square"),
    ),
)

BERTH = Entity(
    key="berth",
    label=text("Berth"),
    plural=text("Berths"),
    primary_name="number",
    attributes=(
        Attribute(key="number", type="text", label=text({"en": "Berth", "sv": "Plats"})),
        Attribute(key="depth", type="decimal", scale=1, label=text("Depth")),
    ),
)

BOOKING = Entity(
    key="booking",
    label=text({"en": "Booking", "sv": "Bokning"}),
    plural=text({"en": "Bookings", "sv": "Bokningar"}),
    primary_name="number",
    attributes=(
        Attribute(key="number", type="text", label=text({"en": "Booking", "sv": "Bokning"}), required="required"),
        Attribute(key="boat", type="text", label=text({"en": "Boat", "sv": "Båt"})),
        Attribute(key="berth", type="lookup", target="berth", label=text({"en": "Berth", "sv": "Plats"})),
        Attribute(key="customer", type="lookup", target="account", label=text("Customer")),
        Attribute(key="skipper", type="lookup", target="contact", label=text({"en": "Skipper", "sv": "Skeppare"})),
        Attribute(key="arrival", type="date", label=text({"en": "Arrival", "sv": "Ankomst"})),
        Attribute(key="confirmed_on", type="date", label=text("Confirmed on")),
        Attribute(key="status", type="choice", choice="mooring", label=text("Status")),
        Attribute(key="fee", type="money", currency="SEK", label=text({"en": "Fee", "sv": "Avgift"})),
        Attribute(key="paid", type="boolean", label=text("Paid")),
        Attribute(key="note", type="long_text", label=text("Note of the harbour master")),
    ),
    keys=(AlternateKey(key="number", attributes=("number",)),),
)

EXTRA = Entity(
    key="extra",
    label=text("Extra"),
    plural=text("Extras"),
    primary_name="title",
    attributes=(
        Attribute(key="booking", type="lookup", target="booking", relationship="extras", on_delete="cascade"),
        Attribute(key="title", type="text", label=text("Extra")),
        Attribute(key="quantity", type="integer", label=text("Quantity")),
        Attribute(key="price", type="money", currency="SEK", label=text("Price")),
    ),
)

COLUMNS = (
    ViewColumn(attribute="number", second="boat"),
    ViewColumn(attribute="arrival"),
    ViewColumn(attribute="berth", wide_only=True),
    ViewColumn(attribute="berth.depth", wide_only=True),
    ViewColumn(attribute="status"),
    ViewColumn(attribute="fee"),
    ViewColumn(attribute="note"),
)

VIEWS = (
    View(
        key="bookings-all",
        entity="booking",
        label=text({"en": "All bookings", "sv": "Alla bokningar"}),
        columns=COLUMNS,
        sort=(Sort(attribute="number"),),
    ),
    View(
        key="bookings-moored",
        entity="booking",
        label=text({"en": "Moored", "sv": "Förtöjda"}),
        columns=(ViewColumn(attribute="number"), ViewColumn(attribute="boat", label=text("Vessel"))),
        filter=Filter(attribute="status", value="moored"),
        sort=(Sort(attribute="number", descending=True),),
    ),
    View(
        key="extras",
        entity="extra",
        label=text("Extras"),
        columns=(ViewColumn(attribute="title"), ViewColumn(attribute="quantity"), ViewColumn(attribute="price")),
        sort=(Sort(attribute="title"),),
    ),
    View(key="berths-all", entity="berth", label=text("Berths"), columns=(ViewColumn(attribute="number"),)),
)

FORMS = (
    Form(
        key="booking-read",
        entity="booking",
        label=text("Booking"),
        status="status",
        summary=(FormField(attribute="fee"), FormField(attribute="arrival"), FormField(attribute="berth")),
        progress=Progress(
            attribute="status",
            steps=("asked", "confirmed", "moored"),
            dates=(("confirmed", "confirmed_on"), ("moored", "arrival")),
        ),
        tabs=(
            Tab(
                key="main",
                sections=(
                    Section(
                        related=RelatedList(
                            relationship="extras", view="extras", label=text("Extras"), empty=text("No extras were ordered.")
                        )
                    ),
                    Section(
                        place="side",
                        label=text("Boat"),
                        fields=(
                            FormField(attribute="boat"),
                            FormField(attribute="skipper"),
                            FormField(attribute="berth.depth"),
                            FormField(attribute="paid"),
                            FormField(attribute="note"),
                        ),
                    ),
                ),
            ),
        ),
    ),
    Form(key="booking-edit", entity="booking", tabs=(Tab(sections=(Section(fields=(FormField(attribute="boat"),)),)),)),
)

BOOKINGS = ListComponent(
    key="bookings",
    label=text("Bookings"),
    views=("bookings-all", "bookings-moored"),
    page_size=4,
    contact_attribute="skipper",
    account_attribute="customer",
    create_page="booking-new",
    create_label=text({"en": "Book a berth", "sv": "Boka plats"}),
    search_placeholder=text("Number, boat"),
    actions=(
        RowAction(type="details", page="booking"),
        RowAction(type="edit", page="booking-edit"),
        RowAction(type="delete", confirm=text("Give up this booking?")),
    ),
    messages=ListMessages(empty=text("No boat of yours has been booked.")),
)
BERTHS = ListComponent(
    key="berths",
    label=text("Berths"),
    views=("berths-all",),
    columns=(ColumnOverride(attribute="number", label=text("Mooring place"), width="wide"),),
    messages=ListMessages(denied=text("Berths are for the harbour office.")),
)

PAGES = (
    Page(
        key="home",
        label=text({"en": "Home", "sv": "Hem"}),
        title=text("Welcome ashore"),
        partial_url="/",
        blocks=(
            Block(
                type="text",
                text=text({"en": "# Mind the *tide*\n\n<script>alert(1)</script>", "sv": "Se upp för *tidvattnet*"}),
            ),
            Block(type="snippet", snippet="opening"),
            Block(
                type="tiles",
                tiles=(
                    Tile(
                        label=text("Bookings"),
                        text=text("Yours and your company's"),
                        icon="truck",
                        page="bookings",
                        view="bookings-all",
                    ),
                    Tile(label=text("Office"), page="office"),
                    Tile(label=text("Weather"), url="https://weather.example/"),
                ),
            ),
        ),
    ),
    Page(
        key="bookings",
        label=text({"en": "Bookings", "sv": "Bokningar"}),
        parent="home",
        partial_url="bookings",
        blocks=(Block(type="list", list="bookings"),),
        order=1,
    ),
    Page(
        key="booking",
        label=text("Booking"),
        parent="bookings",
        record_entity="booking",
        blocks=(Block(type="form", form="booking-read"),),
    ),
    Page(
        key="booking-edit",
        label=text("Edit booking"),
        parent="booking",
        partial_url="edit",
        blocks=(Block(type="form", form="booking-edit", mode="edit"),),
    ),
    Page(
        key="booking-new",
        label=text("New booking"),
        parent="bookings",
        partial_url="new",
        blocks=(Block(type="form", form="booking-edit", mode="insert"),),
    ),
    Page(
        key="berths",
        label=text("Berths"),
        parent="home",
        partial_url="berths",
        blocks=(Block(type="list", list="berths"),),
        order=2,
    ),
    Page(
        key="both",
        label=text("Both"),
        parent="home",
        partial_url="both",
        hidden=True,
        order=3,
        blocks=(Block(type="list", list="bookings"), Block(type="list", list="bookings", label=text("Once more"))),
    ),
    Page(
        key="terms",
        label=text("Terms"),
        title=text("By itself"),
        parent="home",
        partial_url="terms",
        hidden=True,
        template="reading",
        blocks=(
            Block(
                type="text",
                text=text(
                    "Moor *well*. [Rules](marker:berths) [Bookings](page:bookings) [Terms](/terms) [Away](https://away.example/)"
                ),
            ),
        ),
    ),
    Page(key="office", label=text("Office"), parent="home", partial_url="office", order=4),
    Page(key="draft", label=text("Next season"), parent="home", partial_url="season", state="draft", order=5),
)

CONTENT = (
    Snippet(key="opening", value=text({"en": "Open from *six*", "sv": "Öppet från *sex*"}), format="markdown"),
    PageTemplate(key="reading", template="pages/reading.html"),
    SiteMarker(key="home", page="home"),
    SiteMarker(key="berths", page="berths"),
    WebLinkSet(
        key="main",
        links=(
            WebLink(page="home"),
            WebLink(page="bookings", links=(WebLink(page="booking-new"),)),
            WebLink(page="berths"),
            WebLink(page="office"),
            WebLink(page="draft"),
            WebLink(label=text("Weather"), url="https://weather.example/"),
        ),
    ),
)

SECURITY = (
    WebRole(key="skipper"),
    WebRole(key="master"),
    WebRole(key="member", default="authenticated"),
    EntityPermission(
        key="own-bookings", entity="booking", scope="account", via="customer", privileges=("read",), roles=("skipper",)
    ),
    EntityPermission(
        key="my-bookings",
        entity="booking",
        scope="contact",
        via="skipper",
        privileges=("read", "write", "create", "delete"),
        roles=("skipper",),
    ),
    EntityPermission(
        key="extras",
        entity="extra",
        scope="parent",
        relationship="booking",
        parent="own-bookings",
        privileges=("read",),
        roles=("skipper",),
    ),
    EntityPermission(key="berths", entity="berth", scope="global", privileges=("read",), roles=("skipper", "master")),
    EntityPermission(key="people", entity="contact", scope="account", via="account", privileges=("read",), roles=("skipper",)),
    EntityPermission(key="all", entity="booking", scope="global", privileges=("read",), roles=("master",)),
    AttributePermission(
        key="notes",
        entity="booking",
        roles=("skipper",),
        others=("read", "create", "update"),
        attributes=(AttributeRight(attribute="note"),),
    ),
    PageAccessRule(key="office", page="office", right="restrict_read", roles=("master",)),
)

SITE = Site(key="marina", label=text("Marina"), languages=("en-US", "sv-SE"), menu="main", time_zone="Europe/Stockholm")

MARINA: tuple[Component, ...] = (
    *LANGUAGES,
    MOORING,
    BERTH,
    BOOKING,
    EXTRA,
    *VIEWS,
    *FORMS,
    SITE,
    BOOKINGS,
    BERTHS,
    *PAGES,
    *CONTENT,
    *SECURITY,
)


def places_of_marina(**more: object) -> tuple[Component, ...]:
    """The berths with degrees, in a list of places."""
    degrees = tuple(Attribute(key=key, type="decimal") for key in ("north", "east"))
    places = ListMap(latitude="north", longitude="east", distances=(5, 50, 100, 500))
    return (
        replace(BERTH, attributes=(*BERTH.attributes, *degrees)),
        replace(BERTHS, **{"map": places, **more}),  # type: ignore[arg-type]
    )
