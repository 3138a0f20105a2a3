{# What was given out of something is never more than it: summed over its rows, the parts fit into the whole. #}
{% test parts_fit(model, part, whole, by) %}
select {{ by | join(', ') }}
from {{ model }}
group by {{ by | join(', ') }}
having sum({{ part }}) > min({{ whole }})
{% endtest %}
