"""Liquid to the template language of Foyer, as far as both say the same; anything else is refused with its place."""

from __future__ import annotations

import re
from collections.abc import Callable

from metadata.templates import read
from runtime.powerpages.values import STRING, Names, State, Untold, condition, name_of, snippet_of, value_of

_TOKEN = re.compile(
    r"\{%-?\s*raw\s*-?%\}(?P<raw>.*?)\{%-?\s*endraw\s*-?%\}"
    r"|\{%-?\s*comment\s*-?%\}(?P<comment>.*?)\{%-?\s*endcomment\s*-?%\}"
    r"|\{%-?\s*(?P<tag>.*?)\s*-?%\}|\{\{-?\s*(?P<value>.*?)\s*-?\}\}",
    re.S,
)


def translated(source: str, names: Names) -> str:
    """A template of Liquid as one of ours. Raises Untold with what it cannot say, and where."""
    out: list[str] = []
    state, at = State(names), 0
    for token in _TOKEN.finditer(source):
        out.append(source[at : token.start()])
        at = token.end()
        try:
            out.append(_token(token, state))
        except Untold as fault:
            line = source.count("\n", 0, token.start()) + 1
            raise Untold(f"line {line}: {fault}") from None
    made = "".join((*out, source[at:]))
    faults = read(made).faults
    if faults:
        raise Untold(f"line {faults[0].line}: {faults[0].message}")
    return made


def _token(token: re.Match[str], state: State) -> str:
    if token["raw"] is not None:
        return f"{{% raw %}}{token['raw']}{{% endraw %}}"
    if token["comment"] is not None:
        return ""
    return _tag(token["tag"], state) if token["tag"] is not None else f"{{{{ {value_of(token['value'], state)} }}}}"


def _tag(text: str, state: State) -> str:
    name, _, rest = text.partition(" ")
    make = _TAGS.get(name)
    if make is None:
        raise Untold(f"the tag {name or 'without a name'} has no counterpart")
    return make(rest.strip(), state)


def _if(rest: str, state: State) -> str:
    return f"{{% if {condition(rest, state)} %}}"


def _elsif(rest: str, state: State) -> str:
    return f"{{% elif {condition(rest, state)} %}}"


def _unless(rest: str, state: State) -> str:
    return f"{{% if not ({condition(rest, state)}) %}}"


def _case(rest: str, state: State) -> str:
    state.cases.append((value_of(rest, state), False))
    return ""


def _when(rest: str, state: State) -> str:
    if not state.cases:
        raise Untold("when stands outside of case")
    subject, begun = state.cases[-1]
    state.cases[-1] = (subject, True)
    options = re.split(r"\s+or\s+|\s*,\s*", rest)
    told = " or ".join(f"{subject} == {value_of(option, state)}" for option in options)
    return f"{{% {'elif' if begun else 'if'} {told} %}}"


def _endcase(_: str, state: State) -> str:
    if not state.cases or not state.cases.pop()[1]:
        raise Untold("case has no when")
    return "{% endif %}"


def _assign(rest: str, state: State) -> str:
    name, equals, value = rest.partition("=")
    if not equals or not re.fullmatch(r"[a-zA-Z_]\w*", name.strip()):
        raise Untold(f"assign {rest[:60]} cannot be read")
    state.known.add(name.strip())
    return f"{{% set {name.strip()} = {value_of(value.strip(), state)} %}}"


def _capture(rest: str, state: State) -> str:
    state.known.add(rest.strip("'\""))
    return "{% set " + rest.strip("'\"") + " %}"


def _for(rest: str, state: State) -> str:
    found = re.fullmatch(r"([a-zA-Z_]\w*)\s+in\s+(\S+|\(\S+\.\.\S+\))", rest)
    if found is None:
        raise Untold(f"for {rest[:60]} has limits or an order, which a loop here has not")
    name, over = found[1], found[2]
    if over.startswith("("):
        first, _, last = over.strip("()").partition("..")
        told = f"range({name_of(first, state)}, {name_of(last, state)} + 1)"
    else:
        told = name_of(over, state)
        if over.startswith("weblinks") or over.partition(".")[0] in state.entries:
            state.entries.add(name)
    state.loops.append(name)
    state.known.add(name)
    return f"{{% for {name} in {told} %}}"


def _endfor(_: str, state: State) -> str:
    if not state.loops:
        raise Untold("endfor without for")
    state.loops.pop()
    return "{% endfor %}"


def _include(rest: str, state: State) -> str:
    found = re.match(rf"({STRING})\s*,?\s*(.*)", rest, re.S)
    key = state.names.templates.get(found[1][1:-1].strip().lower()) if found else None
    if found is None or key is None:
        raise Untold(f"the template {rest.split(',')[0][:60]} that it includes is not there")
    given = re.findall(rf"(\w+)\s*:\s*({STRING}|[\w.\[\]'\"-]+)", found[2])
    return "{% " + " ".join(("include", f'"{key}"', *(f"{name}={name_of(value, state)}" for name, value in given))) + " %}"


def _editable(rest: str, state: State) -> str:
    found = re.match(rf"snippets\s+({STRING})", rest)
    if found is None:
        raise Untold("editable is for something other than a snippet")
    return f"{{{{ {snippet_of(found[1][1:-1], state)} }}}}"


def _same(word: str) -> Callable[[str, State], str]:
    return lambda _rest, _state: f"{{% {word} %}}"


def _nothing(_rest: str, _state: State) -> str:
    return ""


_TAGS: dict[str, Callable[[str, State], str]] = {
    "if": _if,
    "elsif": _elsif,
    "unless": _unless,
    "case": _case,
    "when": _when,
    "endcase": _endcase,
    "assign": _assign,
    "capture": _capture,
    "for": _for,
    "endfor": _endfor,
    "include": _include,
    "editable": _editable,
    "else": _same("else"),
    "endif": _same("endif"),
    "endunless": _same("endif"),
    "endcapture": _same("endset"),
    "substitution": _nothing,
    "endsubstitution": _nothing,
}
