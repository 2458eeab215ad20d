"""The ERP's tables, as an outsider finds them in its database. Date-times are UTC without a zone."""

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)
from sqlalchemy import text as sql

from connectors.sample_erp.columns import (
    BIG_KEY,
    PERCENT,
    PRICE,
    QUANTITY,
    Exact,
    amount,
    flag,
    modified_seq,
    text,
    text_key,
)

TABLES = MetaData()

company = Table(
    "company", TABLES,
    text_key("code"), text("name"), text("currency"), text("country"), text("street"), text("city"),
    text("postal_code"), text("email"), text("phone"), text("vat_number"), modified_seq(),
)  # fmt: skip

price_group = Table(
    "price_group", TABLES,
    text_key("code"), text("name"), modified_seq(),
)  # fmt: skip

customer = Table(
    "customer", TABLES,
    text_key("number"), text("name"), text("company_code"),
    Column("parent_number", Text, ForeignKey("customer.number")),
    text("price_group"), text("currency"), amount("credit_limit"), amount("credit_used"), text("payment_terms"),
    amount("tax_rate", PERCENT), text("language"), text("country"), flag("active"), modified_seq(),
)  # fmt: skip

contact = Table(
    "contact", TABLES,
    text_key("number"), Column("customer_number", Text, ForeignKey("customer.number"), index=True),
    text("company_code"), text("first_name"), text("last_name"), text("full_name"), text("email", unique=True),
    text("phone"), text("job_title"), text("price_group"), text("currency"), text("country"), text("language"),
    flag("active"), modified_seq(),
)  # fmt: skip

address = Table(
    "address", TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("customer_number", Text, ForeignKey("customer.number"), index=True),
    text("description"), text("street"), text("city"), text("postal_code"), text("country"), text("purpose"),
    flag("is_default"), modified_seq(),
)  # fmt: skip

product = Table(
    "product", TABLES,
    text_key("number"), text("name"), text("description"), text("category"), text("unit"),
    amount("list_price", PRICE), text("currency"), flag("active"), amount("weight", Exact(10, 3)), modified_seq(),
)  # fmt: skip

price = Table(
    "price", TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False),
    text("price_group"), Column("product_number", Text, ForeignKey("product.number")),
    amount("min_quantity", QUANTITY), amount("unit_price", PRICE), text("currency"), modified_seq(),
    Index("ix_price_product_group", "product_number", "price_group"),
)  # fmt: skip

stock = Table(
    "stock", TABLES,
    Column("product_number", Text, ForeignKey("product.number"), primary_key=True),
    amount("on_hand", QUANTITY), Column("next_receipt", Date), modified_seq(),
)  # fmt: skip

sales_order = Table(
    "sales_order", TABLES,
    Column("id", BIG_KEY, primary_key=True, autoincrement=True),
    text("external_id", unique=True), text("order_no", unique=True), text("customer_number", index=True),
    text("company_code"), text("contact_number", index=True), Column("ordered_at", DateTime), text("name"),
    text("requisition"), Column("requested_date", Date), text("delivery_description"), text("delivery_street"),
    text("delivery_city"), text("delivery_postal_code"), text("delivery_country"), text("language"),
    text("currency"), text("price_group"),
    Column("status", Text, nullable=False, server_default="open"), Column("confirmed_date", Date),
    amount("subtotal"), amount("tax"), amount("freight"), amount("discount"), amount("total"),
    Column("intake_status", Text, nullable=False, server_default="new"), text("intake_message"),
    text("intake_field"), modified_seq(),
    Index("ix_sales_order_status_id", "status", "id"),
    Index(
        "ix_sales_order_waiting", "id",
        sqlite_where=sql("intake_status = 'new'"), postgresql_where=sql("intake_status = 'new'"),
    ),
)  # fmt: skip

sales_order_line = Table(
    "sales_order_line", TABLES,
    Column("id", BIG_KEY, primary_key=True, autoincrement=True), text("external_id", unique=True),
    Column("order_id", BIG_KEY, ForeignKey("sales_order.id"), index=True), text("order_external_id", index=True),
    text("order_no", index=True), Column("line_no", Integer), text("product_number"), text("description"),
    Column("quantity", QUANTITY), text("unit"), amount("unit_price", PRICE), amount("discount_percent", PERCENT),
    amount("net_amount"), amount("delivered_quantity", QUANTITY), amount("invoiced_quantity", QUANTITY),
    Column("status", Text, nullable=False, server_default="open"), Column("confirmed_date", Date),
    text("country"), text("delivery_description"), modified_seq(),
)  # fmt: skip

shipment = Table(
    "shipment", TABLES,
    text_key("number"), text("order_no", index=True), text("customer_number"), Column("shipped_at", DateTime),
    text("carrier"), text("tracking_number"), text("status"), Column("promised_date", Date),
    Column("delivered_at", DateTime), modified_seq(),
)  # fmt: skip

shipment_line = Table(
    "shipment_line", TABLES,
    text_key("id"), Column("shipment_number", Text, ForeignKey("shipment.number"), index=True), text("order_no"),
    Column("order_line_no", Integer), text("product_number"), amount("quantity", QUANTITY), modified_seq(),
)  # fmt: skip

invoice = Table(
    "invoice", TABLES,
    text_key("number"), text("order_no", index=True), text("customer_number"), text("company_code"),
    Column("invoice_date", Date), Column("due_date", Date), text("currency"), amount("subtotal"), amount("tax"),
    amount("total"), amount("paid"), text("status"), modified_seq(),
    Index("ix_invoice_status_due_date", "status", "due_date"),
)  # fmt: skip

invoice_line = Table(
    "invoice_line", TABLES,
    text_key("id"), Column("invoice_number", Text, ForeignKey("invoice.number"), index=True),
    Column("line_no", Integer), text("product_number"), text("description"), amount("quantity", QUANTITY),
    text("unit"), amount("unit_price", PRICE), amount("net_amount"), modified_seq(),
)  # fmt: skip

deleted_row = Table(
    "deleted_row", TABLES,
    Column("modified_seq", BigInteger, primary_key=True, autoincrement=False), Column("table_name", Text, nullable=False),
    Column("row_key", Text, nullable=False), Index("ix_deleted_row_table", "table_name", "modified_seq"),
)  # fmt: skip

change_counter = Table(
    "change_counter", TABLES,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("value", BigInteger, nullable=False),
)  # fmt: skip

number_series = Table(
    "number_series", TABLES,
    text_key("prefix"), Column("last", BigInteger, nullable=False),
)  # fmt: skip
