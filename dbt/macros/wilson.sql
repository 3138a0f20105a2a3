{# The Wilson interval of a share at 95 %, its lower (-) or upper (+) end: what a small sample allows to say (SLA). #}
{% macro wilson(good, counted, side) -%}
case
            when {{ counted }} > 0 then round(
                (
                    {{ good }} + 1.9208
                    {{ side }} 1.96 * sqrt({{ good }}::numeric * ({{ counted }} - {{ good }}) / {{ counted }} + 0.9604)
                ) / ({{ counted }} + 3.8416),
                6
            )
        end
{%- endmacro %}
