-- The table that is looked into: by key and by time in order, by customer scattered (20 bookings each).
COPY (
  SELECT i AS id, TIMESTAMP '2026-01-01' + i * INTERVAL '100 milliseconds' AS booked, 1 + i * 2654435761 % 4294967291 % (${ROWS} / 20) AS customer,
         (i * 15485863 % 999983)::int AS amount, 'booking ' || md5(i::text) AS note
  FROM generate_series(1, ${ROWS}::bigint) AS t(i)
) TO '${DIR}/bookings.parquet';
