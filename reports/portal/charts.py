"""Charts: plain options for ECharts, drawn in the browser, with the same figures as a table under each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Chart:
    """name: of its place on the page. heads, rows: what it shows, as a table. csv: where the same is to be had as a file."""

    name: str
    title: str
    option: dict[str, Any]
    heads: Sequence[str]
    rows: Sequence[Sequence[Any]]
    csv: str | None = None
    height: str = "medium"

    @property
    def is_empty(self) -> bool:
        return not self.rows


BASE: dict[str, Any] = {
    "animation": False,
    "tooltip": {"trigger": "axis", "renderMode": "richText", "confine": True},
    "grid": {"left": 8, "right": 8, "top": 32, "bottom": 8, "containLabel": True},
    "aria": {"enabled": True},
}


def lines(categories: Sequence[str], series: Mapping[str, Sequence[float | None]], **more: Any) -> dict[str, Any]:
    """A line for each of the series over the same categories."""
    return _over(categories, series, "line", more)


def bars(
    categories: Sequence[str], series: Mapping[str, Sequence[float | None]], *, stacked: bool = False, **more: Any
) -> dict[str, Any]:
    """A bar for each of the series over the same categories, or one on top of the other."""
    option = _over(categories, series, "bar", more)
    if stacked:
        for one in option["series"]:
            one["stack"] = "all"
    return option


def heatmap(
    across: Sequence[str], down: Sequence[str], points: Sequence[tuple[int, int, float | None]], low: float, high: float
) -> dict[str, Any]:
    """points: (place across, place down, value). low and high: the values of the palest and the fullest colour."""
    return BASE | {
        "tooltip": {"renderMode": "richText", "confine": True},
        "xAxis": {"type": "category", "data": list(across)},
        "yAxis": {"type": "category", "data": list(down)},
        "visualMap": {
            "min": low,
            "max": high,
            "orient": "horizontal",
            "left": "center",
            "bottom": 0,
            "calculable": False,
        },
        "grid": BASE["grid"] | {"bottom": 48},
        "series": [{"type": "heatmap", "data": [list(point) for point in points if point[2] is not None]}],
    }


def _over(
    categories: Sequence[str], series: Mapping[str, Sequence[float | None]], kind: str, more: dict[str, Any]
) -> dict[str, Any]:
    return (
        BASE
        | {
            "legend": {"top": 0, "show": len(series) > 1},
            "xAxis": {"type": "category", "data": list(categories)},
            "yAxis": {"type": "value"},
            "series": [{"type": kind, "name": name, "data": list(values)} for name, values in series.items()],
        }
        | more
    )
