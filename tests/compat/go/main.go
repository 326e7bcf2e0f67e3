// pgx and lib/pq against a server: types both ways, errors, transactions, COPY, batches, cancellation.
// usage: go run . postgres://user@host:port/db?sslmode=disable
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/lib/pq"
)

var failures int

func test(name string, body func() error) {
	if err := body(); err != nil {
		failures++
		fmt.Println("FAILED", name+":", err)
		return
	}
	fmt.Println("ok", name)
}

func check(err error, what string) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

const slow = "SELECT count(*) FROM generate_series(1, 3000000) a(x), generate_series(1, 100000) b(y) WHERE x % 7 = y % 5"

func same[T any](ctx context.Context, db *pgx.Conn, kind string, values ...T) error {
	for _, mode := range []pgx.QueryExecMode{pgx.QueryExecModeCacheStatement, pgx.QueryExecModeDescribeExec, pgx.QueryExecModeExec, pgx.QueryExecModeSimpleProtocol} {
		for _, value := range values {
			var got T
			if err := db.QueryRow(ctx, "SELECT $1::"+kind, mode, value).Scan(&got); err != nil {
				return fmt.Errorf("%s %v in %v: %w", kind, value, mode, err)
			}
			if !reflect.DeepEqual(got, value) {
				return fmt.Errorf("%s in %v: sent %v, got %v", kind, mode, value, got)
			}
		}
		var missing *T
		if err := db.QueryRow(ctx, "SELECT $1::"+kind, mode, nil).Scan(&missing); err != nil || missing != nil {
			return fmt.Errorf("%s NULL in %v: %v", kind, mode, err)
		}
	}
	return nil
}

func types(ctx context.Context, db *pgx.Conn) error {
	at := time.Date(2024, 7, 1, 12, 0, 0, 123456000, time.UTC)
	return errors.Join(
		same(ctx, db, "boolean", true, false),
		same(ctx, db, "smallint", int16(0), int16(math.MinInt16), int16(math.MaxInt16)),
		same(ctx, db, "integer", int32(0), int32(math.MinInt32), int32(math.MaxInt32)),
		same(ctx, db, "bigint", int64(0), int64(math.MinInt64), int64(math.MaxInt64)),
		same(ctx, db, "real", float32(0), float32(1.5)),
		same(ctx, db, "double precision", 0.1, -1e300, math.Inf(1)),
		same(ctx, db, "text", "", "žluťoučký", "a\\b'\"\n"),
		same(ctx, db, "varchar(10)", "", "abc"),
		same(ctx, db, "bytea", []byte{}, []byte{0, 255, 39, 92}),
		same(ctx, db, "date", time.Date(2000, 2, 29, 0, 0, 0, 0, time.UTC)),
		same(ctx, db, "timestamp", at),
		same(ctx, db, "uuid", pgtype.UUID{Bytes: [16]byte{1, 2, 3, 255}, Valid: true}),
		same(ctx, db, "interval", pgtype.Interval{Months: 14, Days: -3, Microseconds: 7, Valid: true}),
		same(ctx, db, "time", pgtype.Time{Microseconds: 86399999999, Valid: true}),
		same(ctx, db, "integer[]", []int32{1, -2, 3}),
		same(ctx, db, "text[]", []string{"", "a,b", "\"q\"", "{}"}),
		same(ctx, db, "json", `{"a": [1, null]}`),
		same(ctx, db, "jsonb", `{"a": "b"}`),
		func() error {
			var got time.Time
			err := db.QueryRow(ctx, "SELECT $1::timestamptz", at).Scan(&got)
			if err == nil && !got.Equal(at) {
				err = fmt.Errorf("timestamptz: %v", got)
			}
			return err
		}(),
		func() error {
			var text string
			var number pgtype.Numeric
			if err := number.Scan("-12345678901234567.0000000001"); err != nil {
				return err
			}
			err := db.QueryRow(ctx, "SELECT $1::numeric(38,10)::text", number).Scan(&text)
			if err == nil && text != "-12345678901234567.0000000001" {
				err = fmt.Errorf("numeric: %v", text)
			}
			return err
		}(),
	)
}

func tables(ctx context.Context, db *pgx.Conn) error {
	for _, sql := range []string{"DROP TABLE IF EXISTS pgx_smoke", "CREATE TABLE pgx_smoke (id integer NOT NULL, name text, price numeric(10,2), at timestamptz)"} {
		if _, err := db.Exec(ctx, sql); err != nil {
			return err
		}
	}
	tag, err := db.Exec(ctx, "INSERT INTO pgx_smoke VALUES ($1, $2, $3, $4)", 1, "a", "1.25", time.Now())
	if err != nil || tag.RowsAffected() != 1 {
		return fmt.Errorf("insert: %v %w", tag, err)
	}
	rows := [][]any{}
	for i := 0; i < 1000; i++ {
		rows = append(rows, []any{i + 10, nil, pgtype.Numeric{}, nil})
	}
	copied, err := db.CopyFrom(ctx, pgx.Identifier{"pgx_smoke"}, []string{"id", "name", "price", "at"}, pgx.CopyFromRows(rows))
	if err != nil || copied != 1000 {
		return fmt.Errorf("copy: %d %w", copied, err)
	}
	var out strings.Builder
	if _, err := db.PgConn().CopyTo(ctx, &out, "COPY (SELECT id, name FROM pgx_smoke WHERE id < 10) TO STDOUT"); err != nil || out.String() != "1\ta\n" {
		return fmt.Errorf("copy out: %q %w", out.String(), err)
	}
	batch := &pgx.Batch{}
	for i := 0; i < 50; i++ {
		batch.Queue("INSERT INTO pgx_smoke VALUES ($1, 'batch', NULL, NULL)", i+5000)
	}
	batch.Queue("SELECT count(*) FROM pgx_smoke")
	results := db.SendBatch(ctx, batch)
	for i := 0; i < 50; i++ {
		if _, err := results.Exec(); err != nil {
			return check(err, "batch")
		}
	}
	var count int
	if err := results.QueryRow().Scan(&count); err != nil || count != 1051 {
		return fmt.Errorf("count in batch: %d %w", count, err)
	}
	if err := results.Close(); err != nil {
		return err
	}
	type item struct {
		ID   int32
		Name *string
	}
	found, err := db.Query(ctx, "SELECT id, name FROM pgx_smoke ORDER BY id LIMIT 3")
	if err != nil {
		return err
	}
	items, err := pgx.CollectRows(found, pgx.RowToStructByName[item])
	if err != nil || len(items) != 3 || *items[0].Name != "a" {
		return fmt.Errorf("structs: %v %w", items, err)
	}
	description := found.FieldDescriptions()
	if description[0].TableOID == 0 || description[1].TableAttributeNumber != 2 {
		return fmt.Errorf("columns do not say where they are from: %v", description)
	}
	return nil
}

func transactions(ctx context.Context, db *pgx.Conn) error {
	tx, err := db.Begin(ctx)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "INSERT INTO pgx_smoke VALUES (9000, NULL, NULL, NULL)"); err != nil {
		return err
	}
	nested, err := tx.Begin(ctx)
	if err != nil {
		return err
	}
	var known *pgconn.PgError
	if _, err = nested.Exec(ctx, "SELECT 1/0"); !errors.As(err, &known) || known.Code != "22012" {
		return fmt.Errorf("1/0: %v", err)
	}
	if err := nested.Rollback(ctx); err != nil {
		return check(err, "rollback to savepoint")
	}
	if err := tx.Commit(ctx); err != nil {
		return err
	}
	var count int
	if err := db.QueryRow(ctx, "SELECT count(*) FROM pgx_smoke WHERE id = 9000").Scan(&count); err != nil || count != 1 {
		return fmt.Errorf("after commit: %d %w", count, err)
	}
	_, err = db.Exec(ctx, "SELECT * FROM no_such")
	if !errors.As(err, &known) || known.Code != "42P01" || known.Position == 0 {
		return fmt.Errorf("no such table: %v", err)
	}
	return nil
}

func cancellation(ctx context.Context, url string) error {
	db, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := db.Exec(limited, slow); err == nil || time.Since(start) > 20*time.Second {
		return fmt.Errorf("not canceled: %v", err)
	}
	return nil
}

func libpq(url string) error {
	db, err := sql.Open("postgres", url)
	if err != nil {
		return err
	}
	defer db.Close()
	var text string
	var number int64
	var flag bool
	var float float64
	var bytes []byte
	var at time.Time
	var list []string
	now := time.Date(2024, 7, 1, 12, 0, 0, 123456000, time.UTC)
	err = db.QueryRow("SELECT $1::text, $2::bigint, $3::boolean, $4::float8, $5::bytea, $6::timestamptz, $7::text[]", "žx", int64(math.MinInt64), true, 0.1,
		[]byte{0, 255}, now, pq.Array([]string{"a", "b,c"})).Scan(&text, &number, &flag, &float, &bytes, &at, pq.Array(&list))
	if err != nil || text != "žx" || number != math.MinInt64 || !flag || float != 0.1 || len(bytes) != 2 || !at.Equal(now) || list[1] != "b,c" {
		return fmt.Errorf("types: %v %v %v %v %v %v %v %w", text, number, flag, float, bytes, at, list, err)
	}
	for _, sql := range []string{"DROP TABLE IF EXISTS pq_smoke", "CREATE TABLE pq_smoke (id integer, name text)"} {
		if _, err := db.Exec(sql); err != nil {
			return err
		}
	}
	tx, err := db.Begin()
	if err != nil {
		return err
	}
	statement, err := tx.Prepare(pq.CopyIn("pq_smoke", "id", "name"))
	if err != nil {
		return check(err, "copy in")
	}
	for i := 0; i < 100; i++ {
		if _, err := statement.Exec(i, "x"); err != nil {
			return err
		}
	}
	if _, err := statement.Exec(); err != nil {
		return err
	}
	if err := statement.Close(); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	var count int
	if err := db.QueryRow("SELECT count(*) FROM pq_smoke WHERE id >= $1", 50).Scan(&count); err != nil || count != 50 {
		return fmt.Errorf("count %d %w", count, err)
	}
	rows, err := db.Query("SELECT id, name FROM pq_smoke LIMIT 1")
	if err != nil {
		return err
	}
	kinds, _ := rows.ColumnTypes()
	if kinds[0].DatabaseTypeName() != "INT4" || kinds[1].DatabaseTypeName() != "TEXT" {
		return fmt.Errorf("types of columns: %v", kinds)
	}
	rows.Close()
	var known *pq.Error
	if _, err = db.Exec("SELECT 1/0"); !errors.As(err, &known) || known.Code != "22012" {
		return fmt.Errorf("1/0: %v", err)
	}
	limited, cancel := context.WithTimeout(context.Background(), 500*time.Millisecond)
	defer cancel()
	if _, err := db.ExecContext(limited, slow); err == nil {
		return errors.New("not canceled")
	}
	return db.Ping()
}

func main() {
	url := os.Args[1]
	ctx := context.Background()
	db, err := pgx.Connect(ctx, url)
	if err != nil {
		fmt.Println("FAILED", err)
		os.Exit(1)
	}
	test("pgx types", func() error { return types(ctx, db) })
	test("pgx tables", func() error { return tables(ctx, db) })
	test("pgx transactions", func() error { return transactions(ctx, db) })
	test("pgx cancellation", func() error { return cancellation(ctx, url) })
	test("lib/pq", func() error { return libpq(url) })
	if failures > 0 {
		os.Exit(1)
	}
}
