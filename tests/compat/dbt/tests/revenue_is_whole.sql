select 1 from (select sum(revenue) as total from {{ ref('revenue') }}) as t where total <> 130.50
