// tokio-postgres, which speaks binary: types both ways, errors, transactions, portals, COPY, pipelines, cancellation.
// usage: smoke "host=127.0.0.1 port=5432 user=u dbname=d"
use std::pin::pin;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};
use futures_util::{future, SinkExt, StreamExt, TryStreamExt};
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{binary_copy::BinaryCopyInWriter, error::SqlState, Client, NoTls};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const SLOW: &str = "SELECT count(*) FROM generate_series(1, 3000000) a(x), generate_series(1, 100000) b(y) WHERE x % 7 = y % 5";

async fn same<T>(db: &Client, kind: &str, values: &[T]) -> Outcome
where
    T: ToSql + Sync + PartialEq + std::fmt::Debug + for<'a> FromSql<'a>,
{
    let statement = db.prepare(&format!("SELECT $1::{kind}")).await?;
    for value in values {
        let got: T = db.query_one(&statement, &[value]).await?.get(0);
        if got != *value {
            return Err(format!("{kind}: sent {value:?}, got {got:?}").into());
        }
    }
    let missing: Option<T> = None;
    let got: Option<T> = db.query_one(&statement, &[&missing]).await?.get(0);
    if got.is_some() {
        return Err(format!("{kind}: NULL came back as {got:?}").into());
    }
    Ok(())
}

async fn types(db: &Client) -> Outcome {
    same(db, "boolean", &[true, false]).await?;
    same(db, "smallint", &[0, i16::MIN, i16::MAX]).await?;
    same(db, "integer", &[0, i32::MIN, i32::MAX]).await?;
    same(db, "bigint", &[0, i64::MIN, i64::MAX]).await?;
    same(db, "real", &[0f32, 1.5]).await?;
    same(db, "double precision", &[0.1f64, -1e300, f64::INFINITY]).await?;
    same(db, "text", &[String::new(), "žluťoučký".into(), "a\\b'\"\n".into()]).await?;
    same(db, "varchar(10)", &["abc".to_string()]).await?;
    same(db, "bytea", &[vec![], vec![0u8, 255, 39, 92]]).await?;
    same(db, "date", &[NaiveDate::from_ymd_opt(2000, 2, 29).unwrap(), NaiveDate::from_ymd_opt(1, 1, 1).unwrap()]).await?;
    same(db, "time", &[NaiveTime::from_hms_micro_opt(23, 59, 59, 999_999).unwrap()]).await?;
    let at: NaiveDateTime = NaiveDate::from_ymd_opt(1969, 12, 31).unwrap().and_hms_micro_opt(23, 59, 59, 1).unwrap();
    same(db, "timestamp", &[at]).await?;
    same::<DateTime<Utc>>(db, "timestamptz", &[at.and_utc()]).await?;
    same(db, "uuid", &[uuid::Uuid::nil(), uuid::Uuid::from_u128(u128::MAX)]).await?;
    same(db, "json", &[serde_json::json!({"a": [1, null]})]).await?;
    same(db, "jsonb", &[serde_json::json!({"a": "b"})]).await?;
    same(db, "integer[]", &[vec![Some(1), None, Some(-3)], vec![]]).await?;
    same(db, "text[]", &[vec![String::new(), "a,b".into(), "\"q\"".into()]]).await?;
    let statement = db.prepare("SELECT $1::int + 1 AS next, 'x'::text AS word").await?;
    assert_eq!(statement.params(), &[Type::INT4]);
    assert_eq!(statement.columns()[0].type_(), &Type::INT4);
    assert_eq!(statement.columns()[1].name(), "word");
    let typed = db.prepare_typed("SELECT $1", &[Type::INT8]).await?;
    assert_eq!(db.query_one(&typed, &[&5i64]).await?.get::<_, i64>(0), 5);
    Ok(())
}

async fn tables(db: &mut Client) -> Outcome {
    db.batch_execute("DROP TABLE IF EXISTS rust_smoke; CREATE TABLE rust_smoke (id integer NOT NULL, name text)").await?;
    let insert = db.prepare("INSERT INTO rust_smoke VALUES ($1, $2)").await?;
    // In a pipeline.
    let ids: Vec<i32> = (0..100).collect();
    let done = future::try_join_all(ids.iter().map(|id| {
        let (db, insert) = (&*db, &insert);
        async move { db.execute(insert, &[id, &"x"]).await }
    }))
    .await?;
    assert_eq!(done, vec![1; 100]);
    let mut sink = pin!(db.copy_in("COPY rust_smoke FROM STDIN (FORMAT csv)").await?);
    sink.send(futures_bytes(b"1000,a\n1001,\"b,c\"\n")).await?;
    assert_eq!(sink.finish().await?, 2);
    let sink = db.copy_in("COPY rust_smoke FROM STDIN (FORMAT binary)").await?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &[Type::INT4, Type::TEXT]));
    for id in 2000..2100i32 {
        writer.as_mut().write(&[&id, &None::<String>]).await?;
    }
    assert_eq!(writer.finish().await?, 100);
    let out: Vec<_> = db.copy_out("COPY (SELECT * FROM rust_smoke WHERE id BETWEEN 1000 AND 1001 ORDER BY id) TO STDOUT").await?.try_collect().await?;
    assert_eq!(out.concat(), b"1000\ta\n1001\tb,c\n");
    let transaction = db.transaction().await?;
    let portal = transaction.bind("SELECT id FROM rust_smoke ORDER BY id", &[]).await?;
    let mut count = 0;
    loop {
        let rows = transaction.query_portal(&portal, 33).await?;
        if rows.is_empty() {
            break;
        }
        count += rows.len();
    }
    assert_eq!(count, 202);
    transaction.commit().await?;
    let mut rows = pin!(db.query_raw("SELECT id FROM rust_smoke WHERE id < $1", [50i32]).await?);
    let mut seen = 0;
    while let Some(row) = rows.next().await {
        row?;
        seen += 1;
    }
    assert_eq!(seen, 50);
    Ok(())
}

fn futures_bytes(bytes: &'static [u8]) -> std::io::Cursor<&'static [u8]> {
    std::io::Cursor::new(bytes)
}

async fn transactions(db: &mut Client) -> Outcome {
    let mut transaction = db.transaction().await?;
    transaction.execute("INSERT INTO rust_smoke VALUES (9000, 'kept')", &[]).await?;
    let nested = transaction.savepoint("nested_one").await?;
    let failed = nested.query("SELECT 1/0", &[]).await.unwrap_err();
    assert_eq!(failed.code(), Some(&SqlState::DIVISION_BY_ZERO));
    nested.rollback().await?;
    transaction.commit().await?;
    assert_eq!(db.query_one("SELECT count(*) FROM rust_smoke WHERE id = 9000", &[]).await?.get::<_, i64>(0), 1);
    assert_eq!(db.query("SELECT * FROM no_such", &[]).await.unwrap_err().code(), Some(&SqlState::UNDEFINED_TABLE));
    assert_eq!(db.simple_query("SELECT 1; SELECT 'x'::int").await.unwrap_err().code(), Some(&SqlState::INVALID_TEXT_REPRESENTATION));
    Ok(())
}

async fn cancellation(db: &Client) -> Outcome {
    let token = db.cancel_token();
    let (answer, canceled) = tokio::join!(db.query(SLOW, &[]), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        token.cancel_query(NoTls).await
    });
    canceled?;
    assert_eq!(answer.unwrap_err().code(), Some(&SqlState::QUERY_CANCELED));
    assert_eq!(db.query_one("SELECT 1", &[]).await?.get::<_, i32>(0), 1);
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    let (mut db, connection) = tokio_postgres::connect(&std::env::args().nth(1).expect("a connection string"), NoTls).await?;
    tokio::spawn(connection);
    types(&db).await?;
    println!("ok types");
    tables(&mut db).await?;
    println!("ok tables");
    transactions(&mut db).await?;
    println!("ok transactions");
    cancellation(&db).await?;
    println!("ok cancellation");
    Ok(())
}
