"""Making the tables of the desk where there are none."""

from sqlalchemy import Engine

from api.desk.tables import DESK
from projections.database import writing


def prepared(engine: Engine) -> Engine:
    """Make what is missing; processes that start together do it one after the other."""
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql(
                "SELECT pg_advisory_xact_lock(hashtext('fagnett desk'))"
            )
        DESK.create_all(connection)
    return engine
