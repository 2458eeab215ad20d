"""Random worlds: entities with all kinds of links, permissions of all scopes, people, accounts and rows."""

from hypothesis import strategies as st

from metadata.model import (
    Attribute,
    AttributePermission,
    AttributeRight,
    Entity,
    EntityPermission,
    ManyToMany,
    Site,
    WebRole,
)
from metadata.model.base import PRIVILEGES
from metadata.system import complete
from support.brute_force import World

OWN = ("e0", "e1", "e2")
ALL = ("account", "contact", *OWN)
ROLES = ("r1", "r2")
SITE = "s"
MISSING_PRIVILEGES = st.sets(st.sampled_from(PRIVILEGES), max_size=2)
USUAL_PRIVILEGES = MISSING_PRIVILEGES.map(lambda out: tuple(p for p in PRIVILEGES if p not in out))
TEXTS = st.text("ab", max_size=3).map(lambda text: text or None)


@st.composite
def entities(draw, key):
    several = draw(st.lists(st.sampled_from(ALL), min_size=2, max_size=3, unique=True))
    lookups = [
        Attribute(key="owner", type="lookup", target="contact"),
        Attribute(key="customer", type="lookup", target="account"),
        Attribute(key="up", type="lookup", target=draw(st.sampled_from(ALL))),
        Attribute(key="about", type="lookup", targets=tuple(several)),
    ]
    left_out = draw(st.sets(st.sampled_from(("owner", "customer", "up", "about")), max_size=2))
    chosen = [lookup for lookup in lookups if lookup.key not in left_out]
    links = draw(st.lists(st.sampled_from(ALL), max_size=1))
    return Entity(
        key=key,
        primary_name="name",
        attributes=(Attribute(key="name", type="text"), Attribute(key="size", type="integer"), *chosen),
        many_to_many=tuple(ManyToMany(key="linked", target=target) for target in links),
    )


def ties(entity):
    """What leads from an entity to others: names of lookups and N:N relationships, with the entities they lead to."""
    found = [(a.key, target) for a in entity.attributes if a.type == "lookup" for target in a.targets or (a.target,)]
    return found + [(link.key, link.target) for link in entity.many_to_many]


@st.composite
def permissions(draw, declared):
    found = {}
    for number in range(draw(st.integers(5, 10))):
        entity = draw(st.sampled_from(ALL))
        scope = draw(st.sampled_from(("account", "parent", "account", "contact", "parent", "self", "global")))
        leads = ties(declared[entity])
        parents = [(name, p.key) for name, target in leads for p in found.values() if p.entity == target]
        parents += [
            (f"{p.entity}_{name}", p.key)
            for p in found.values()
            for name, target in ties(declared[p.entity])
            if target == entity and name != "linked"
        ]
        via, relationship, parent = "", "", ""
        if scope == "parent" and parents:
            relationship, parent = draw(st.sampled_from(parents))
        elif scope == "parent":
            scope = "global"
        elif scope in ("contact", "account"):
            names = [name for name, target in leads if target == scope and name != "linked"]
            via = draw(st.sampled_from(names or [""]))
        found[f"p{number}"] = EntityPermission(
            key=f"p{number}",
            site=SITE,
            entity=entity,
            scope=scope,
            via=via,
            relationship=relationship,
            parent=parent,
            subsidiaries=draw(st.sampled_from((True, True, False))),
            privileges=draw(USUAL_PRIVILEGES),
            roles=draw(st.sampled_from((ROLES, ROLES, ("r1",), ("r2",)))),
            active=draw(st.sampled_from((True, True, True, False))),
        )
    return found


@st.composite
def attribute_permissions(draw, declared):
    found = []
    for number in range(draw(st.sampled_from((0, 0, 1, 2)))):
        entity = draw(st.sampled_from(OWN))
        keys = draw(st.lists(st.sampled_from([a.key for a in declared[entity].attributes]), unique=True, max_size=2))
        rights = [
            AttributeRight(attribute=key, read=draw(st.booleans()), create=draw(st.booleans()), update=draw(st.booleans()))
            for key in keys
        ]
        found.append(
            AttributePermission(
                key=f"a{number}",
                site=SITE,
                entity=entity,
                roles=(draw(st.sampled_from(ROLES)),),
                others=tuple(draw(st.sampled_from(((), ("read",), ("read", "create", "update"))))),
                attributes=tuple(rights),
            )
        )
    return found


@st.composite
def values(draw, entity, ids):
    """Values for all attributes of a row, pointing at rows in `ids`."""
    row = {}
    for attribute in entity.attributes:
        if attribute.type == "lookup":
            targets = [(t, i) for t in attribute.targets or (attribute.target,) for i in ids.get(t, ())]
            found = draw(st.sampled_from([*targets, None]))
            row[attribute.key] = found if attribute.targets or found is None else found[1]
        elif attribute.key == "size":
            row["size"] = draw(st.none() | st.integers(-2, 2))
        elif attribute.key in ("name", "full_name"):
            row[attribute.key] = draw(TEXTS)
    return row


@st.composite
def worlds(draw):
    """A world and the components that declare it."""
    own = {key: draw(entities(key)) for key in OWN}
    declared = {item.key: item for item in complete(own.values()) if isinstance(item, Entity)}
    ids = {key: range(1, draw(st.sampled_from((3, 4, 2, 0))) + 1) for key in ALL}
    ids["account"], ids["contact"] = range(1, draw(st.integers(2, 4)) + 1), range(1, draw(st.integers(2, 3)) + 1)
    rows = {"company": {}}
    for key in ALL:
        rows[key] = {i: draw(values(declared[key], {**ids, "company": ()})) for i in ids[key]}
    links = {}
    for key, entity in declared.items():
        for link in entity.many_to_many:
            pairs = [(near, far) for near in ids[key] for far in ids[link.target]]
            links[key, link.key] = draw(st.sets(st.sampled_from(pairs))) if pairs else set()
    granted = draw(permissions(declared))
    limited = draw(attribute_permissions(declared))
    contact = draw(st.sampled_from([*ids["contact"], None]))
    account = rows["contact"][contact]["account"] if contact else None
    roles = frozenset(draw(st.sampled_from((("r1",), ("r1", "r2"), ("r2",), ()))))
    world = World(declared, granted, limited, rows, links, roles, contact, account)
    site = (Site(key=SITE), *(WebRole(key=role, site=SITE) for role in (*ROLES, "nobody")))
    return world, (*site, *own.values(), *granted.values(), *limited)
