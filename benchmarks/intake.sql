insert into account.legal_entity (name, country, timezone) values ('bench', 'EG', 'Africa/Cairo');
insert into account.account (legal_entity_id, name, default_region, landing, defaults)
select legal_entity_id, 'bench', 'EG', 'zones/bench', '{"sender": "BENCH", "base_mismatch_percent": 100}'
from account.legal_entity;
insert into account.term (account_id, effective_from, scheme, currency) values (1, '2020-01-01', 'postpaid', 'EGP');
insert into account.sender (account_id, address, kind, approved_from) values (1, 'BENCH', 'alphanumeric', '2020-01-01');
insert into account.rate_row (account_id, zone, effective_from, rate) values (1, 'EG', '2020-01-01', 0.20);
insert into network.network (prefix, operator, country, zone) values
    ('2010', 'Vodafone EG', 'EG', 'EG'), ('2011', 'Etisalat EG', 'EG', 'EG'), ('2012', 'Orange EG', 'EG', 'EG'),
    ('2013', 'Other', 'EG', 'EG'), ('2015', 'WE', 'EG', 'EG');
