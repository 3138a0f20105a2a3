{# Minutes of an hour as a number of sixty bits: the bit of minute n is 1 << n. #}

{# The bits of the minutes from one to before another. #}
{% macro minutes_mask(first, last) -%}
    (((1::bigint << ({{ last }})) - 1) & ~((1::bigint << ({{ first }})) - 1))
{%- endmacro %}

{# How many minutes of a mask are set. #}
{% macro count_minutes(mask) -%}
    bit_count(({{ mask }})::bit(60))
{%- endmacro %}

{# How many minutes of a mask are set from one minute to before another. #}
{% macro answered_minutes(mask, first, last) -%}
    {{ count_minutes(mask ~ ' & ' ~ minutes_mask(first, last)) }}
{%- endmacro %}

{# Which minute of an hour an instant is, 0 before it and 60 after it; a begun minute counts as over with `ceil`. #}
{% macro minute_in(instant, hour, rounding='floor') -%}
    least(greatest({{ rounding }}(extract(epoch from {{ instant }} - {{ hour }}) / 60), 0), 60)::integer
{%- endmacro %}
