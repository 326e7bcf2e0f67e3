{{ config(materialized='incremental', incremental_strategy='append') }}
select order_id, {{ var('run', 1) }} as run from {{ ref('orders') }}
