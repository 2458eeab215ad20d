"""List, detail page and form in Flask: one statement each, the permission in its WHERE, a compiled template."""

from __future__ import annotations

import datetime as dt
import hmac
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, flash, jsonify, redirect, request, session
from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from benchmarks.handwritten.database import Database, connect_to

PAGE = 25
STATUSES = {
    "open": Markup('<span class="status status-neutral status-open">Placed</span>'),
    "confirmed": Markup('<span class="status status-info">Confirmed</span>'),
    "delivered": Markup('<span class="status status-good">Delivered</span>'),
    "cancelled": Markup('<span class="status status-bad status-square">Cancelled</span>'),
}
HEADERS = (
    ("Content-Security-Policy", "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "same-origin"),
    ("Cache-Control", "private, no-store"),
)


def make_app() -> Flask:
    """The application of the environment's settings, as the engine names them; BENCH_FRAMES is the templates' folder."""
    app = Flask(__name__, static_folder=None)
    app.secret_key = os.environ["FOYER_SECRET_KEY"]
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    url = os.environ["FOYER_DATABASE_URL"]
    database, in_cents = connect_to(url), url.startswith("sqlite")
    add_pages(app, database, templates(Path(os.environ["BENCH_FRAMES"]), cents if in_cents else money))
    add_api(app, database, 100 if in_cents else 1)
    return app


def templates(folder: Path, amount: Callable[[Any], str]) -> Environment:
    """The compiled templates. `amount` writes what the database gives for an amount."""
    found = Environment(loader=FileSystemLoader(folder), autoescape=False, auto_reload=False, trim_blocks=True)
    found.globals.update(statuses=STATUSES, day=day, long_day=long_day, money=amount)
    return found


def add_pages(app: Flask, database: Database, pages: Environment) -> None:
    """Register the pages."""
    list_page, detail_page = pages.get_template("list.html"), pages.get_template("detail.html")

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    @app.get("/orders")
    def orders() -> str:
        page = request.args.get("page", 1, type=int)
        rows = database.orders(session["account"], PAGE, (page - 1) * PAGE)
        first, total = (page - 1) * PAGE + 1, rows[0][-1] if rows else 0
        return list_page.render(
            rows=rows,
            first=first,
            last=first + len(rows) - 1,
            total=total,
            page=page,
            csrf=session["csrf_token"],
            numbers=sorted({1, max(1, page - 1), page, page + 1, -(-total // PAGE)}),
            name=f"Person {session['contact']} Jansen",
            account=f"Customer {session['account']} BV",
        )

    @app.get("/orders/<number>")
    def order(number: str) -> str:
        found, lines = database.order(session["account"], number)
        if found is None:
            abort(404)
        return detail_page.render(
            order=found,
            lines=lines,
            csrf=session["csrf_token"],
            name=f"Person {session['contact']} Jansen",
            account=f"Customer {session['account']} BV",
        )

    @app.post("/orders/new")
    def create() -> Any:
        if not hmac.compare_digest(request.form.get("csrf_token", ""), session["csrf_token"]):
            abort(400)
        reference, city = request.form.get("reference", "").strip(), request.form.get("city", "").strip()
        try:
            requested = dt.date.fromisoformat(request.form.get("requested_on", ""))
        except ValueError:
            abort(422)
        if len(reference) > 120 or len(city) > 80:
            abort(422)
        if not database.create((session["account"], session["contact"], reference or None, city or None, requested)):
            abort(403)
        flash("The order was placed.")
        return redirect("/orders", 303)

    @app.after_request
    def dress(response: Response) -> Response:
        response.headers.extend(HEADERS)
        return response


def add_api(app: Flask, database: Database, unit: int) -> None:
    """Register what programs read. An amount is so many times `unit`."""

    @app.get("/api/orders")
    def api() -> Response:
        rows = database.newest(session["account"], PAGE)
        found = [
            {
                "@odata.etag": f'W/"{version}"',
                "id": row,
                "number": number,
                "ordered_on": ordered.isoformat(),
                "reference": reference,
                "city": city,
                "status": status,
                "requested_on": requested.isoformat() if requested else None,
                "total": None if total is None else float(total) / unit,
            }
            for row, number, ordered, reference, city, status, requested, total, version in rows
        ]
        return jsonify({"@odata.context": f"{request.host_url}api/$metadata#orders", "value": found})


def day(value: dt.date) -> str:
    """A short day."""
    return f"{value:%b} {value.day}, {value.year}"


def long_day(value: dt.date) -> str:
    """A day in full."""
    return f"{value:%B} {value.day}, {value.year}"


def money(value: Any) -> str:
    """An amount with two decimals."""
    return "" if value is None else f"{value:,.2f}"


def cents(value: int | None) -> str:
    """An amount that SQLite keeps as a whole number of cents."""
    return "" if value is None else f"{value // 100:,}.{value % 100:02}"
