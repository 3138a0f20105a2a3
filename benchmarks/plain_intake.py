"""Intake as one would write it first: pandas reads, phonenumbers judges row by row, SQLAlchemy looks up and inserts."""

import time
from pathlib import Path

import pandas as pd
import phonenumbers
import sqlalchemy
from phonenumbers import PhoneNumberType

_CHUNK = 5_000
_MOBILE = (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)


def run(path: Path, uri: str) -> tuple[int, float]:
    """How many rows were read, and the seconds it took."""
    engine = sqlalchemy.create_engine(uri.replace("postgresql://", "postgresql+psycopg://"))
    begin = time.perf_counter()
    rows, seen = 0, set()
    with engine.begin() as connection:
        for frame in pd.read_csv(path, dtype=str, keep_default_na=False, chunksize=_CHUNK):
            rows += len(frame)
            frame["msisdn"] = frame["msisdn"].map(_msisdn)
            frame = frame.dropna(subset=["msisdn"])
            frame["msisdn"] = frame["msisdn"].astype("int64")
            asked = {"numbers": frame["msisdn"].tolist()}
            members = {row[0] for row in connection.execute(_MEMBERS, asked)}
            out = {row[0] for row in connection.execute(_OPTED_OUT, asked)}
            frame = frame[frame["msisdn"].isin(members - out - seen)].drop_duplicates("msisdn")
            seen.update(frame["msisdn"])
            frame["text"] = [
                f"Dear {name}, your bill of {amount} EGP is due on Sunday. Thank you for paying on time."
                for name, amount in zip(frame["name"], frame["amount"], strict=True)
            ]
            frame[["msisdn", "text"]].to_sql(
                "plain_message", connection, if_exists="append", index=False, method="multi", chunksize=1_000
            )
    return rows, time.perf_counter() - begin


_MEMBERS = sqlalchemy.text("select msisdn from account.base_member where account_id = 1 and msisdn = any(:numbers)")
_OPTED_OUT = sqlalchemy.text("select msisdn from account.opt_out where msisdn = any(:numbers)")


def _msisdn(written: str) -> int | None:
    try:
        number = phonenumbers.parse(written, "EG")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.number_type(number) not in _MOBILE:
        return None
    return int(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)[1:])
