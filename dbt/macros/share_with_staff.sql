{# Who reads a mart of what carriers cost: staff's roles, and never the web's, not even an account's own rows. #}
{% macro share_with_staff() %}
grant select on {{ this }} to outbound_reporting, outbound_billing, outbound_operator;
{% endmacro %}
