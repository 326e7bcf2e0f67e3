select c.country, date_trunc('month', o.ordered_on)::date as month, count(*) as orders, sum(o.amount) as revenue
from {{ ref('paid') }} as o
join {{ ref('customers') }} as c using (customer_id)
group by 1, 2
