-- Tables of the suite: facts (groups: id1, id2, id4, id5 of 100 values, id3 and id6 of ${ROWS} / 100), probes (keys of three sizes, a
-- tenth of them without a partner) and what they join: small, medium and big. `_skewed` has few frequent and many rare values, and
-- NULLs. Multiples of large primes spread evenly, so every run makes the same rows. ${ROWS} and ${DIR} are filled in by compare.py.
COPY (
  SELECT 'id' || lpad((1 + i * 2654435761 % 4294967291 % 100)::text, 3, '0') AS id1,
         'id' || lpad((1 + i * 2246822519 % 4294967279 % 100)::text, 3, '0') AS id2,
         'id' || lpad((1 + i * 3266489917 % 4294967231 % (${ROWS} / 100))::text, 10, '0') AS id3,
         (1 + i * 668265263 % 4294967197 % 100)::int AS id4,
         (1 + i * 374761393 % 4294967189 % 100)::int AS id5,
         (1 + i * 1640531527 % 4294967161 % (${ROWS} / 100))::int AS id6,
         (1 + i * 97 % 7919 % 5)::int AS v1,
         (1 + i * 389 % 104729 % 15)::int AS v2,
         round((i * 15485863 % 99999989)::numeric(18, 6) / 999999.89, 6)::double precision AS v3
  FROM generate_series(1, ${ROWS}::bigint) AS t(i)
) TO '${DIR}/facts.parquet';
COPY (
  SELECT CASE WHEN i % 23 <> 0 THEN 'id' || lpad((1 + floor(power(i * 2654435761 % 4294967291 / 4294967291.0::double precision, 5) * 100))::int::text, 3, '0') END AS id1,
         CASE WHEN i % 29 <> 0 THEN 'id' || lpad((1 + floor(power(i * 2246822519 % 4294967279 / 4294967279.0::double precision, 3) * 100))::int::text, 3, '0') END AS id2,
         CASE WHEN i % 31 <> 0 THEN 'id' || lpad((1 + floor(power(i * 3266489917 % 4294967231 / 4294967231.0::double precision, 4) * (${ROWS} / 100)))::int::text, 10, '0') END AS id3,
         CASE WHEN i % 37 <> 0 THEN (1 + floor(power(i * 668265263 % 4294967197 / 4294967197.0::double precision, 5) * 100))::int END AS id4,
         CASE WHEN i % 41 <> 0 THEN (1 + floor(power(i * 374761393 % 4294967189 / 4294967189.0::double precision, 2) * 100))::int END AS id5,
         CASE WHEN i % 43 <> 0 THEN (1 + floor(power(i * 1640531527 % 4294967161 / 4294967161.0::double precision, 4) * (${ROWS} / 100)))::int END AS id6,
         CASE WHEN i % 11 <> 0 THEN (1 + i * 97 % 7919 % 5)::int END AS v1,
         CASE WHEN i % 13 <> 0 THEN (1 + i * 389 % 104729 % 15)::int END AS v2,
         CASE WHEN i % 17 <> 0 THEN round((i * 15485863 % 99999989)::numeric(18, 6) / 999999.89, 6)::double precision END AS v3
  FROM generate_series(1, ${ROWS}::bigint) AS t(i)
) TO '${DIR}/facts_skewed.parquet';
COPY (
  SELECT (1 + i * 2654435761 % 4294967291 % (${ROWS} / 90000))::int AS k1,
         (1 + i * 2246822519 % 4294967279 % (${ROWS} / 900))::int AS k2,
         1 + i * 3266489917 % 4294967231 % (${ROWS} / 9 * 10) AS k3,
         'k' || lpad((1 + i * 2246822519 % 4294967279 % (${ROWS} / 900))::text, 9, '0') AS t2,
         (i % 1000)::int AS v1
  FROM generate_series(1, ${ROWS}::bigint) AS t(i)
) TO '${DIR}/probes.parquet';
COPY (
  SELECT CASE WHEN i % 23 <> 0 THEN (1 + floor(power(i * 2654435761 % 4294967291 / 4294967291.0::double precision, 3) * (${ROWS} / 90000)))::int END AS k1,
         CASE WHEN i % 29 <> 0 THEN (1 + floor(power(i * 2246822519 % 4294967279 / 4294967279.0::double precision, 4) * (${ROWS} / 900)))::int END AS k2,
         CASE WHEN i % 31 <> 0 THEN 1 + floor(power(i * 3266489917 % 4294967231 / 4294967231.0::double precision, 4) * (${ROWS} / 9 * 10))::bigint END AS k3,
         CASE WHEN i % 29 <> 0 THEN 'k' || lpad((1 + floor(power(i * 2246822519 % 4294967279 / 4294967279.0::double precision, 4) * (${ROWS} / 900)))::int::text, 9, '0') END AS t2,
         CASE WHEN i % 11 <> 0 THEN (i % 1000)::int END AS v1
  FROM generate_series(1, ${ROWS}::bigint) AS t(i)
) TO '${DIR}/probes_skewed.parquet';
COPY (SELECT i::int AS k1, (i * 7 % 101)::int AS v2 FROM generate_series(1, ${ROWS} / 100000) AS t(i)) TO '${DIR}/small.parquet';
COPY (
  SELECT CASE WHEN i % 97 <> 0 THEN i::int END AS k2, CASE WHEN i % 97 <> 0 THEN 'k' || lpad(i::text, 9, '0') END AS t2, (i * 7 % 101)::int AS v2
  FROM generate_series(1, ${ROWS} / 1000) AS t(i)
) TO '${DIR}/medium.parquet';
COPY (SELECT ${ROWS} + 1 - i AS k3, (i * 7 % 101)::int AS v2 FROM generate_series(1, ${ROWS}::bigint) AS t(i)) TO '${DIR}/big.parquet';
