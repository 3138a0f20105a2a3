"""Alembic's environment: one connection, hand-written SQL, no models to compare with."""

import psycopg
import sqlalchemy
from alembic import context

url = context.config.attributes["url"]
engine = sqlalchemy.create_engine(
    "postgresql+psycopg://", creator=lambda: psycopg.connect(url), poolclass=sqlalchemy.NullPool
)

with engine.connect() as connection:
    context.configure(connection=connection, transactional_ddl=True, version_table_schema="public")
    with context.begin_transaction():
        context.run_migrations()
