-- What carriers cost.

-- connector --
select connector_id
from dispatch.connector
where name = %(name)s;

-- connectors --
select name
from dispatch.connector
order by name;

-- networks --
-- Those that there were count too: what was sent to them has a price.
select array_agg(distinct operator), array_agg(distinct prefix)
from network.network;
