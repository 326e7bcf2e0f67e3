-- Tables of the suite: events (a JSON document a row, as a forge's event feed has them) and nested (the same as structs and lists).
-- Multiples of large primes spread evenly, so every run makes the same rows. ${ROWS} and ${DIR} are filled in by compare.py.
COPY (
  SELECT id, created_at, kind, struct_pack(id => actor_id, login => 'user' || actor_id, bot => actor_id % 50 = 0) AS actor,
         struct_pack(id => repo_id, name => 'org' || repo_id % 300 || '/repo' || repo_id, stars => repo_id * 31 % 5000) AS repo,
         CASE kind WHEN 'PushEvent' THEN list_transform(array_generate(1, 1 + x % 4), n -> struct_pack(
             sha => md5((id * 7 + n)::text), author => 'dev' || (x + n) % 500, added => (x * n % 90)::int,
             message => 'fix: part ' || n || ' of "' || x % 1000 || '"')) END AS commits,
         CASE WHEN kind IN ('IssuesEvent', 'PullRequestEvent') THEN
             list_transform(array_generate(1, x % 4), n -> (['bug', 'docs', 'good first issue', 'performance', 'question'])[(1 + (x + n) % 5)::int])
         END AS labels,
         CASE WHEN kind IN ('IssuesEvent', 'PullRequestEvent') THEN
             struct_pack(action => CASE WHEN x % 3 = 0 THEN 'opened' ELSE 'closed' END, number => x % 10000, title => 'Something about ' || md5(x::text),
                         head => struct_pack(branch => 'topic-' || x % 97, ahead => (x % 41)::int)) END AS detail
  FROM (SELECT i::bigint AS id, TIMESTAMP '2026-01-01' + i * INTERVAL '1 second' AS created_at, i::bigint * 668265263 % 4294967197 % 1000003 AS x,
               1 + i * 2654435761 % 4294967291 % 40000 AS actor_id, 1 + i * 2246822519 % 4294967279 % 20000 AS repo_id,
               (['PushEvent', 'PushEvent', 'PushEvent', 'PushEvent', 'WatchEvent', 'WatchEvent', 'IssuesEvent', 'PullRequestEvent', 'ForkEvent',
                 'CreateEvent'])[(1 + i * 3266489917 % 4294967231 % 10)::int] AS kind
        FROM generate_series(1, ${ROWS}) AS t(i)) AS e
) TO '${DIR}/nested.parquet';
COPY (
  SELECT id, json_object('id' : id, 'type' : kind, 'created_at' : created_at, 'public' : id % 20 <> 0, 'actor' : to_json(actor), 'repo' : to_json(repo),
                         'payload' : json_object('commits' : to_json(commits), 'labels' : to_json(labels), 'detail' : to_json(detail) ABSENT ON NULL)) AS doc
  FROM '${DIR}/nested.parquet'
) TO '${DIR}/events.parquet';
