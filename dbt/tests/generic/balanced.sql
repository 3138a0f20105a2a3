{# Debits equal credits in every group of lines. #}
{% test balanced(model, by) %}
select {{ by | join(', ') }}
from {{ model }}
group by {{ by | join(', ') }}
having sum(debit) <> sum(credit)
{% endtest %}
