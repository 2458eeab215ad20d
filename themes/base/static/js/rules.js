// What a form's rules make of what is typed, at once. The server tells the same again when the form is sent.

import { evaluate, plainOf, valueOf } from "./expressions.js";

const BLANKS = /[\s\u00a0\u202f\u2009'’]/g;
const GROUPED = /^\d{1,3}(?:([.,])\d{3})(?:\1\d{3})*$/;
const PLAIN = /^(?:\d+(?:\.\d+)?|\.\d+)$/;
const TEMPLATE_ROW = "__n__";

// A number as people of a language type it, with a point before its decimals; null where it is none.
function pointed(text, rules) {
  const bare = text.replace(BLANKS, "").replace("\u2212", "-");
  const sign = /^[-+]/.test(bare) ? bare[0] : "";
  const found = withPoint(bare.slice(sign.length), rules);
  return found !== null && PLAIN.test(found) ? (sign === "-" ? "-" : "") + found.replace(/^\./, "0.") : null;
}

function withPoint(text, rules) {
  const marks = [...text].filter((sign) => sign === "." || sign === ",");
  if (!marks.length) {
    return text;
  }
  const last = marks.at(-1);
  if (new Set(marks).size === 2) {
    const at = text.lastIndexOf(last);
    const whole = text.slice(0, at);
    const once = marks.filter((sign) => sign === last).length === 1;
    return once && GROUPED.test(whole) ? `${whole.replace(/[.,]/g, "")}.${text.slice(at + 1)}` : null;
  }
  if (marks.length > 1 || (last === rules.group && GROUPED.test(text))) {
    return GROUPED.test(text) ? text.replaceAll(last, "") : null;
  }
  return text.replace(",", ".");
}

// How far a zone is from UTC at a moment, in milliseconds.
function offset(time, zone) {
  const parts = new Intl.DateTimeFormat("en-US", {
    timeZone: zone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric",
  }).formatToParts(time);
  const at = Object.fromEntries(parts.map((part) => [part.type, Number(part.value)]));
  return Date.UTC(at.year, at.month - 1, at.day, at.hour, at.minute, at.second) - Math.floor(time / 1000) * 1000;
}

function momentOf(local, zone) {
  const wall = Date.parse(`${local}Z`);
  if (Number.isNaN(wall)) {
    return null;
  }
  const near = wall - offset(wall, zone);
  return new Date(wall - offset(near, zone)).toISOString();
}

function localOf(micros, zone) {
  const time = Number(micros / 1000n);
  return new Date(time + offset(time, zone)).toISOString().slice(0, 16);
}

class RuledForm {
  constructor(root, rules, prefix) {
    this.root = root;
    this.rules = rules;
    this.prefix = prefix;
    this.known = { ...rules.known };
    this.rows = new Map();
    this.governed = new Map(rules.fields.map((field) => [field.key, field]));
    this.settled = new Map();
    for (const key of Object.keys(rules.far)) {
      this.rows.set(key, this.held(key));
    }
    root.addEventListener("input", () => this.tell());
    root.addEventListener("change", () => this.tell());
    this.tell();
  }

  place(key) {
    return this.root.querySelector(`[data-field="${CSS.escape(key)}"]`);
  }

  controls(key) {
    return [...this.root.querySelectorAll(`[name="${CSS.escape(this.prefix + key)}"]`)];
  }

  // What stands in the controls of a field: a text, whether it is ticked, or the options that are.
  held(key) {
    const controls = this.controls(key);
    const seen = controls.filter((one) => one.type !== "hidden");
    const boxes = seen.filter((one) => one.type === "checkbox");
    if (boxes.length) {
      return boxes.length === 1 && controls.some((one) => one.type === "hidden" && one.value === "0")
        ? boxes[0].checked
        : boxes.filter((one) => one.checked).map((one) => one.value);
    }
    const radios = seen.filter((one) => one.type === "radio");
    if (radios.length) {
      return radios.find((one) => one.checked)?.value ?? "";
    }
    return controls.at(-1)?.value ?? "";
  }

  entered(key, kind) {
    const held = this.held(key);
    if (held === "" || typeof held === "boolean" || Array.isArray(held)) {
      return held === "" ? null : held;
    }
    const text = held.trim();
    switch (kind) {
      case "number":
        return this.number(key, pointed(text, this.rules));
      case "moment":
        return valueOf(kind, momentOf(text, this.rules.zone));
      case "row":
        return /^\d+$/.test(text) ? Number(text) : null;
    }
    return valueOf(kind, text);
  }

  // One with more decimals than the field takes is no number there.
  number(key, text) {
    const decimals = text?.split(".")[1]?.replace(/0+$/, "") ?? "";
    return decimals.length > this.rules.scales[key] ? null : valueOf("number", text);
  }

  // The value of a name while the fields before it are settled.
  read(path, kind) {
    if (this.settled.has(path)) {
      return this.settled.get(path);
    }
    if (path in this.known) {
      return valueOf(kind, this.known[path]);
    }
    const governed = this.governed.get(path);
    return governed ? valueOf(kind, governed.kept) : this.entered(path, kind);
  }

  holds(conditions) {
    return conditions.some((tree) => evaluate(tree, (path, kind) => this.read(path, kind)) === true);
  }

  tell() {
    this.follow();
    this.settled = new Map();
    const hidden = new Set();
    const locked = new Set();
    for (const field of this.rules.fields) {
      const shown = !field.shows || this.holds(field.shows);
      const open = !field.locks || !this.holds(field.locks);
      const kept = valueOf(field.kind, field.kept);
      if (!shown) {
        hidden.add(field.key);
      }
      if (!open) {
        locked.add(field.key);
        this.put(field, kept);
      }
      let value = shown && open ? this.entered(field.key, field.kind) : kept;
      const empty = value === null || (Array.isArray(value) && !value.length);
      if (empty && shown && (this.held(field.key) === "" || Array.isArray(value))) {
        value = this.fillIn(field) ?? value;
      }
      this.settled.set(field.key, value);
      this.place(field.key)?.toggleAttribute("data-absent", !shown);
      const lock = this.place(field.key)?.querySelector("[data-lock]");
      if (lock) {
        lock.disabled = !open;
      }
    }
    this.demand(new Set([...hidden, ...locked]));
    this.refuse();
  }

  fillIn(field) {
    if (this.root.contains(document.activeElement) && this.controls(field.key).includes(document.activeElement)) {
      return null;
    }
    for (const [condition, tree] of field.defaults ?? []) {
      if (this.holds([condition])) {
        const value = evaluate(tree, (path, kind) => this.read(path, kind));
        if (value !== null) {
          this.put(field, value);
        }
        return value;
      }
    }
    return null;
  }

  // Writes a value into the controls of a field.
  put(field, value) {
    const controls = this.controls(field.key);
    const options = controls.filter((one) => one.type === "checkbox" || one.type === "radio");
    if (options.length) {
      const ticked = (one) => (typeof value === "boolean" ? value : Array.isArray(value) ? value.includes(one.value) : one.value === value);
      options.forEach((one) => (one.checked = ticked(one)));
      return;
    }
    const control = controls.at(-1);
    if (!control || control.type === "file") {
      return;
    }
    const text = this.typed(field, value);
    if (control.value !== text) {
      control.value = text;
      const box = control.closest("[data-lookup]");
      if (box) {
        box.querySelectorAll(`[name="${CSS.escape(this.prefix + field.key)}__q"], [name="${CSS.escape(this.prefix + field.key)}__found"]`)
          .forEach((one) => (one.value = text ? (field.named ?? "") : ""));
      }
    }
  }

  typed(field, value) {
    if (value === null) {
      return "";
    }
    switch (field.kind) {
      case "number": {
        const unit = 10n ** BigInt(10 - this.rules.scales[field.key]);
        const size = value < 0n ? -value : value;
        const text = plainOf("number", (value < 0n ? -1n : 1n) * ((2n * size + unit) / (2n * unit)) * unit);
        return this.rules.decimal === "," ? text.replace(".", ",") : text;
      }
      case "moment":
        return localOf(value, this.rules.zone);
      case "date":
        return plainOf("date", value);
    }
    return String(value);
  }

  demand(idle) {
    const needed = new Set(this.rules.requires.filter(([tree]) => this.holds([tree])).flatMap(([, keys]) => keys));
    for (const key of new Set(this.rules.requires.flatMap(([, keys]) => keys))) {
      const place = this.place(key);
      const mark = place?.querySelector("[data-optional]");
      const must = needed.has(key) && !idle.has(key);
      if (mark) {
        mark.hidden = must;
      }
      place?.querySelectorAll("input.form-control, select, textarea, .form-check-input").forEach((one) => {
        if (must) {
          one.setAttribute("aria-required", "true");
        } else {
          one.removeAttribute("aria-required");
        }
      });
    }
  }

  refuse() {
    const said = new Map();
    for (const [tree, at, text] of this.rules.refusals) {
      if (at && this.holds([tree])) {
        said.set(at, [...(said.get(at) ?? []), text]);
      } else if (at && !said.has(at)) {
        said.set(at, []);
      }
    }
    for (const [key, texts] of said) {
      const place = this.place(key);
      let line = place?.querySelector("[data-refused]");
      if (!place || (!line && !texts.length)) {
        continue;
      }
      if (!line) {
        line = document.createElement("span");
        line.className = "error";
        line.dataset.refused = "";
        line.setAttribute("role", "status");
        place.append(line);
      }
      line.textContent = texts.filter((text) => !place.querySelector(".error:not([data-refused])")?.textContent.includes(text)).join(" ");
      line.hidden = !line.textContent;
    }
  }

  // Another row was chosen in a lookup about whose row the rules ask: its values come from the server.
  follow() {
    for (const [key, paths] of Object.entries(this.rules.far)) {
      const row = this.held(key);
      if (row !== this.rows.get(key)) {
        this.rows.set(key, row);
        for (const path of paths) {
          this.known[path] = null;
        }
        this.fetch(key, row);
      }
    }
  }

  async fetch(key, row) {
    const url = this.place(key)?.querySelector("[data-url]")?.dataset.url;
    if (!url || !row) {
      return;
    }
    const address = new URL(url, window.location.href);
    address.searchParams.set("row", row);
    const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.ok && this.rows.get(key) === row) {
      Object.assign(this.known, (await answer.json()).values);
      this.tell();
    }
  }
}

export function startRules(root) {
  root.querySelectorAll("form[data-rules]").forEach((form) => {
    new RuledForm(form, JSON.parse(form.dataset.rules), form.dataset.prefix ?? "");
  });
  root.querySelectorAll("form[data-line-rules]").forEach(startLineRules);
}

function startLineRules(form) {
  const rules = JSON.parse(form.dataset.lineRules);
  const ready = new WeakSet();
  const start = () => {
    for (const row of form.querySelectorAll(".rows tbody tr:not(.say)")) {
      const name = row.querySelector("[name^='lines-']")?.name;
      if (name && !ready.has(row) && !name.includes(TEMPLATE_ROW)) {
        ready.add(row);
        new RuledForm(row, rules, `${name.split("-").slice(0, 2).join("-")}-`);
      }
    }
  };
  start();
  new MutationObserver(start).observe(form.querySelector(".rows tbody"), { childList: true });
}
