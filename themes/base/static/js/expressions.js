// Expressions as data, with the answer that the server gives: what has no answer is null, and a condition without an answer
// does not hold. A number is a BigInt of ten digits after the point, a date its day counted from 1 January of year 1, a
// moment its microsecond since 1970, several options are an array.

const SCALE = 10;
const UNIT = 10n ** BigInt(SCALE);
const FIRST_DAY = 1;
const LAST_DAY = 3652059;
const BEFORE_1970 = 719163;
const DAY = 86400000;

const size = (number) => (number < 0n ? -number : number);

// Rounded half away from zero.
function divided(over, under) {
  const sign = over < 0n !== under < 0n ? -1n : 1n;
  return sign * ((2n * size(over) + size(under)) / (2n * size(under)));
}

function number(text) {
  const found = /^(-?)(\d+)(?:\.(\d{0,10})\d*)?$/.exec(text);
  if (!found) {
    return null;
  }
  const units = BigInt(found[2]) * UNIT + BigInt((found[3] ?? "").padEnd(SCALE, "0"));
  return found[1] ? -units : units;
}

const whole = (units) => units / UNIT;
const counted = (count) => BigInt(count) * UNIT;

function day(text) {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(text);
  if (!found) {
    return null;
  }
  const date = new Date(0);
  date.setUTCFullYear(Number(found[1]), Number(found[2]) - 1, Number(found[3]));
  const real = date.getUTCMonth() === Number(found[2]) - 1 && date.getUTCFullYear() === Number(found[1]);
  return real ? Math.round(date.getTime() / DAY) + BEFORE_1970 : null;
}

const date = (ordinal) => new Date((ordinal - BEFORE_1970) * DAY);

function moment(text) {
  const milliseconds = Date.parse(text);
  if (Number.isNaN(milliseconds)) {
    return null;
  }
  const finer = (/\.\d{3}(\d{1,3})/.exec(text)?.[1] ?? "").padEnd(3, "0");
  return BigInt(milliseconds) * 1000n + BigInt(finer);
}

const READERS = { number, date: day, moment };

// A value as it stands in JSON or in a control, as one of the language. "" is empty for all but texts.
export function valueOf(kind, plain) {
  if (plain === null || plain === undefined || (plain === "" && kind !== "text")) {
    return null;
  }
  const read = READERS[kind];
  return read ? read(String(plain)) : plain;
}

const isEmpty = (value) => value === null || value === "" || (Array.isArray(value) && value.length === 0);
const extreme = (better) => (given) =>
  given.filter((value) => value !== null).reduce((best, value) => (best === null || better(value, best) ? value : best), null);

function rounded(value, digits) {
  const kept = Math.max(0, Math.min(SCALE, Number(whole(digits))));
  const unit = 10n ** BigInt(SCALE - kept);
  return divided(value, unit) * unit;
}

function addDays(ordinal, days) {
  const at = BigInt(ordinal) + whole(days);
  return at >= FIRST_DAY && at <= LAST_DAY ? Number(at) : null;
}

// Those that have an answer where an argument is empty.
const WHOLE = {
  not: ([value]) => value !== true,
  eq: ([a, b]) => a === b,
  ne: ([a, b]) => a !== b,
  in: ([one, ...others]) => others.includes(one),
  is_empty: ([value]) => isEmpty(value),
  least: extreme((a, b) => a < b),
  greatest: extreme((a, b) => a > b),
  concat: (texts) => texts.filter((text) => text !== null).join(""),
};

// Those that are empty, or do not hold, where any argument is empty.
const PLAIN = {
  lt: (a, b) => a < b,
  le: (a, b) => a <= b,
  gt: (a, b) => a > b,
  ge: (a, b) => a >= b,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => divided(a * b, UNIT),
  div: (a, b) => (b === 0n ? null : divided(a * UNIT, b)),
  neg: (a) => -a,
  abs: size,
  round: rounded,
  length: (text) => counted([...text].length),
  trim: (text) => text.replace(/^ +| +$/g, ""),
  contains: (text, part) => text.includes(part),
  starts_with: (text, part) => text.startsWith(part),
  ends_with: (text, part) => text.endsWith(part),
  has: (options, one) => options.includes(one),
  year: (ordinal) => counted(date(ordinal).getUTCFullYear()),
  month: (ordinal) => counted(date(ordinal).getUTCMonth() + 1),
  day: (ordinal) => counted(date(ordinal).getUTCDate()),
  days_between: (a, b) => counted(b - a),
  add_days: addDays,
};

const VALUES = new Set(["boolean", "number", "text", "date", "moment", "set", "row", "empty"]);

// The value of an expression; `read(path, kind)` gives that of a name, as `valueOf` does.
export function evaluate(data, read) {
  const [head, kind, ...parts] = data;
  if (VALUES.has(head)) {
    return valueOf(head, kind);
  }
  if (head === "name") {
    return read(kind, parts[0]);
  }
  switch (head) {
    case "or":
      return parts.some((part) => evaluate(part, read) === true);
    case "and":
      return parts.every((part) => evaluate(part, read) === true);
    case "if":
      return evaluate(evaluate(parts[0], read) === true ? parts[1] : parts[2], read);
    case "coalesce":
      for (const part of parts) {
        const found = evaluate(part, read);
        if (found !== null) {
          return found;
        }
      }
      return null;
  }
  const values = parts.map((part) => evaluate(part, read));
  if (Object.hasOwn(WHOLE, head)) {
    return WHOLE[head](values);
  }
  if (values.includes(null)) {
    return kind === "boolean" ? false : null;
  }
  return PLAIN[head](...values);
}

// A value of the language as the server would write it in JSON, to be compared or shown.
export function plainOf(kind, value) {
  if (value === null) {
    return null;
  }
  if (kind === "number") {
    const digits = size(value).toString().padStart(SCALE + 1, "0");
    const part = digits.slice(-SCALE).replace(/0+$/, "");
    return (value < 0n ? "-" : "") + digits.slice(0, -SCALE) + (part ? `.${part}` : "");
  }
  if (kind === "date") {
    const found = date(value);
    return `${String(found.getUTCFullYear()).padStart(4, "0")}-${found.toISOString().slice(-19, -14)}`;
  }
  return kind === "moment" ? String(value) : value;
}
