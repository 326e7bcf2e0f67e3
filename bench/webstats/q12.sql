select mobile_phone, phone_model, count(distinct user_id) as users
from hits where phone_model <> ''
group by mobile_phone, phone_model
order by users desc, mobile_phone, phone_model limit 10
