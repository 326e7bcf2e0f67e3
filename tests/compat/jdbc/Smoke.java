// pgjdbc against a server: every method of DatabaseMetaData, every type in text and binary, batches, cursors, COPY, cancellation.
// usage: java -cp postgresql.jar Smoke.java jdbc:postgresql://host:port/db?user=u [--shape]
// --shape prints what the catalog says of one table instead, to be compared between servers.
import java.io.StringReader;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;
import java.util.TreeMap;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;

public class Smoke {
  static int failures = 0;
  static String url;

  interface Body {
    void run() throws Exception;
  }

  static void test(String name, Body body) {
    try {
      body.run();
      System.out.println("ok " + name);
    } catch (Throwable error) {
      ++failures;
      System.out.println("FAILED " + name + ": " + error);
      for (StackTraceElement at : error.getStackTrace()) {
        if (at.getFileName() != null && at.getFileName().startsWith("Smoke")) System.out.println("    at line " + at.getLineNumber());
      }
    }
  }

  static void equal(Object expected, Object actual) {
    boolean same = expected instanceof byte[] a && actual instanceof byte[] b ? Arrays.equals(a, b)
        : expected instanceof Object[] c && actual instanceof Object[] d ? Arrays.deepEquals(c, d)
        : expected instanceof BigDecimal e && actual instanceof BigDecimal f ? e.compareTo(f) == 0
        : java.util.Objects.equals(expected, actual);
    if (!same) throw new AssertionError("expected " + show(expected) + ", got " + show(actual));
  }

  static String show(Object value) {
    if (value instanceof byte[] bytes) return Arrays.toString(bytes);
    if (value instanceof Object[] array) return Arrays.deepToString(array);
    return value + (value == null ? "" : " (" + value.getClass().getSimpleName() + ")");
  }

  static Connection open(String... settings) throws SQLException {
    Properties properties = new Properties();
    for (int i = 0; i < settings.length; i += 2) properties.setProperty(settings[i], settings[i + 1]);
    return DriverManager.getConnection(url, properties);
  }

  static List<List<String>> rows(ResultSet result) throws SQLException {
    List<List<String>> out = new ArrayList<>();
    int columns = result.getMetaData().getColumnCount();
    while (result.next()) {
      List<String> row = new ArrayList<>();
      for (int i = 1; i <= columns; ++i) row.add(result.getString(i));
      out.add(row);
    }
    result.close();
    return out;
  }

  static final String TABLE = "CREATE TABLE jdbc_types (b boolean NOT NULL, s smallint, i integer NOT NULL, l bigint, r real,"
      + " d double precision, n numeric(12,3), t text DEFAULT 'x', v varchar(20), da date, ti time, ts timestamp,"
      + " tz timestamptz, iv interval, u uuid, by bytea, j json, ai integer[], at text[], ts3 timestamp(3))";

  // An argument of the type asked for, that finds the table of this test where it is a name.
  static Object argument(Class<?> type, String method, int position, Class<?>[] all) {
    if (type == String.class) {
      boolean cross = method.equals("getCrossReference");
      int place = cross ? position % 3 : position;
      if (method.equals("getSchemas") || method.equals("getTypeInfo")) return null;
      if (place == 2 && !method.contains("Function") && !method.contains("Procedure") && !method.contains("UDT")
          && !method.contains("Super") && !method.contains("Attributes")) return "jdbc_types";
      return null;
    }
    if (type == int.class) return 0;
    if (type == boolean.class) return false;
    return null;
  }

  static void everyMethodOfMetaData(Connection db) throws Exception {
    DatabaseMetaData meta = db.getMetaData();
    List<String> failed = new ArrayList<>();
    TreeMap<String, Method> methods = new TreeMap<>();
    for (Method method : DatabaseMetaData.class.getMethods()) methods.put(method.toString(), method);
    int called = 0;
    for (Method method : methods.values()) {
      Class<?>[] types = method.getParameterTypes();
      Object[] arguments = new Object[types.length];
      for (int i = 0; i < types.length; ++i) arguments[i] = argument(types[i], method.getName(), i, types);
      if (method.getName().equals("unwrap") || method.getName().equals("isWrapperFor")) continue;
      try {
        Object result = method.invoke(meta, arguments);
        ++called;
        if (result instanceof ResultSet set) rows(set);
      } catch (InvocationTargetException wrapped) {
        Throwable cause = wrapped.getCause();
        boolean driver = cause instanceof SQLException sql && "0A000".equals(sql.getSQLState()) && cause.getMessage().contains("org.postgresql");
        if (!driver) failed.add(method.getName() + Arrays.toString(arguments) + ": " + cause.getMessage());
      } catch (SQLException error) {
        failed.add(method.getName() + ": " + error.getMessage());
      }
    }
    if (!failed.isEmpty()) throw new AssertionError(String.join("\n    ", failed));
    if (called < 150) throw new AssertionError("only " + called + " methods were called");
  }

  static void shape() throws Exception {
    try (Connection db = open(); Statement statement = db.createStatement()) {
      statement.execute("DROP VIEW IF EXISTS jdbc_view");
      statement.execute("DROP TABLE IF EXISTS jdbc_types");
      statement.execute(TABLE);
      statement.execute("COMMENT ON TABLE jdbc_types IS 'a table'");
      statement.execute("COMMENT ON COLUMN jdbc_types.i IS 'a column'");
      statement.execute("CREATE VIEW jdbc_view AS SELECT i, n FROM jdbc_types");
      DatabaseMetaData meta = db.getMetaData();
      print("columns", meta.getColumns(null, "public", "jdbc%", "%"), 1);
      print("tables", meta.getTables(null, "public", "jdbc%", null), 1);
      print("tables of types", meta.getTables(null, null, "jdbc%", new String[] {"TABLE", "VIEW", "SYSTEM TABLE"}), 1);
      print("system tables", meta.getTables(null, "pg_catalog", "pg_c%", null), 1);
      print("schemas", meta.getSchemas(), 0);
      print("table types", meta.getTableTypes(), 0);
      print("type info", meta.getTypeInfo(), 0);
      print("primary keys", meta.getPrimaryKeys(null, "public", "jdbc_types"), 1);
      print("indexes", meta.getIndexInfo(null, "public", "jdbc_types", false, true), 1);
      print("best row", meta.getBestRowIdentifier(null, "public", "jdbc_types", 0, true), 0);
      print("functions", meta.getFunctions(null, "pg_catalog", "lower"), 1);
      ResultSetMetaData columns = statement.executeQuery("SELECT * FROM jdbc_types").getMetaData();
      for (int i = 1; i <= columns.getColumnCount(); ++i) {
        System.out.println("result | " + columns.getColumnName(i) + " | " + columns.getColumnTypeName(i) + " | " + columns.getColumnType(i)
            + " | " + columns.getColumnClassName(i) + " | " + columns.getPrecision(i) + " | " + columns.getScale(i) + " | "
            + columns.getColumnDisplaySize(i) + " | " + columns.isNullable(i) + " | " + columns.isAutoIncrement(i) + " | "
            + columns.isSigned(i) + " | " + columns.getTableName(i) + " | " + columns.getSchemaName(i) + " | " + columns.getCatalogName(i));
      }
      statement.execute("DROP VIEW jdbc_view");
      statement.execute("DROP TABLE jdbc_types");
    }
  }

  // Without the first columns, which name the database.
  static void print(String title, ResultSet result, int from) throws SQLException {
    StringBuilder names = new StringBuilder(title + " |");
    ResultSetMetaData meta = result.getMetaData();
    for (int i = 1; i <= meta.getColumnCount(); ++i) names.append(' ').append(meta.getColumnName(i)).append(':').append(meta.getColumnTypeName(i));
    System.out.println(names);
    for (List<String> row : rows(result)) System.out.println(title + " | " + String.join(" | ", row.subList(from, row.size()).stream().map(String::valueOf).toList()));
  }

  static void types(Connection db, boolean describes) throws Exception {
    try (Statement statement = db.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS jdbc_types");
      statement.execute(TABLE);
    }
    UUID uuid = UUID.fromString("6ba7b810-9dad-11d1-80b4-00c04fd430c8");
    byte[] bytes = {0, 1, (byte) 255, 39, 92};
    LocalDate date = LocalDate.of(2024, 2, 29);
    LocalTime time = LocalTime.of(23, 59, 58, 123456000);
    LocalDateTime timestamp = LocalDateTime.of(1969, 12, 31, 23, 59, 59, 1000);
    OffsetDateTime zoned = OffsetDateTime.of(2024, 7, 1, 12, 0, 0, 123456000, ZoneOffset.UTC);
    String insert = "INSERT INTO jdbc_types VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?::interval,?,?,?::json,?,?,?)";
    try (PreparedStatement prepared = db.prepareStatement(insert)) {
      for (int round = 0; round < 8; ++round) {
        prepared.setBoolean(1, true);
        prepared.setShort(2, (short) -7);
        prepared.setInt(3, round);
        prepared.setLong(4, Long.MAX_VALUE);
        prepared.setFloat(5, 1.5f);
        prepared.setDouble(6, 0.1);
        prepared.setBigDecimal(7, new BigDecimal("123456.789"));
        prepared.setString(8, "žluťoučký");
        prepared.setString(9, "v");
        prepared.setObject(10, date);
        prepared.setObject(11, time);
        prepared.setObject(12, timestamp);
        prepared.setObject(13, zoned);
        prepared.setString(14, "1 day 02:03:04");
        prepared.setObject(15, uuid);
        prepared.setBytes(16, bytes);
        prepared.setString(17, "{\"a\": 1}");
        prepared.setArray(18, db.createArrayOf("integer", new Integer[] {1, null, 3}));
        prepared.setArray(19, db.createArrayOf("text", new String[] {"a", "b,c", null, "\"q\""}));
        prepared.setTimestamp(20, Timestamp.valueOf("2024-01-02 03:04:05.678"));
        equal(1, prepared.executeUpdate());
      }
      for (int i = 1; i <= 20; ++i) prepared.setNull(i, Types.NULL);
      prepared.setBoolean(1, false);
      prepared.setInt(3, 100);
      equal(1, prepared.executeUpdate());
    }
    try (PreparedStatement prepared = db.prepareStatement("SELECT * FROM jdbc_types WHERE i < ? ORDER BY i")) {
      for (int round = 0; round < 8; ++round) {
        prepared.setInt(1, 50);
        ResultSet result = prepared.executeQuery();
        int count = 0;
        while (result.next()) {
          equal(true, result.getBoolean(1));
          equal((short) -7, result.getShort(2));
          equal(count, result.getInt(3));
          equal(Long.MAX_VALUE, result.getLong(4));
          equal(1.5f, result.getFloat(5));
          equal(0.1, result.getDouble(6));
          equal(new BigDecimal("123456.789"), result.getBigDecimal(7));
          equal("žluťoučký", result.getString(8));
          equal("v", result.getString(9));
          equal(date, result.getObject(10, LocalDate.class));
          equal(Date.valueOf(date), result.getDate(10));
          equal(time, result.getObject(11, LocalTime.class));
          equal(timestamp, result.getObject(12, LocalDateTime.class));
          equal(zoned, result.getObject(13, OffsetDateTime.class));
          equal(26, ((org.postgresql.util.PGInterval) result.getObject(14)).getDays() * 24 + ((org.postgresql.util.PGInterval) result.getObject(14)).getHours());
          equal(uuid, result.getObject(15));
          equal(bytes, result.getBytes(16));
          equal("{\"a\": 1}", result.getString(17));
          equal(new Integer[] {1, null, 3}, result.getArray(18).getArray());
          equal(new String[] {"a", "b,c", null, "\"q\""}, result.getArray(19).getArray());
          equal(Timestamp.valueOf("2024-01-02 03:04:05.678"), result.getTimestamp(20));
          for (int i = 1; i <= 20; ++i) if (result.getObject(i) == null) throw new AssertionError("column " + i + " is NULL");
          ++count;
        }
        equal(8, count);
        prepared.setInt(1, 1000);
        result = prepared.executeQuery();
        while (result.next()) if (result.getInt(3) == 100) for (int i = 4; i <= 20; ++i) equal(null, result.getObject(i));
      }
    }
    // Parameters whose types the server says.
    try (PreparedStatement prepared = db.prepareStatement("SELECT ? + 1::bigint, ?::text || 'x', ?::date + 1, ?::numeric * 2")) {
      if (describes) equal(4, prepared.getParameterMetaData().getParameterCount());
      for (int round = 0; round < 8; ++round) {
        prepared.setLong(1, 41);
        prepared.setString(2, "a");
        prepared.setObject(3, date);
        prepared.setBigDecimal(4, new BigDecimal("1.25"));
        ResultSet result = prepared.executeQuery();
        result.next();
        equal(42L, result.getLong(1));
        equal("ax", result.getString(2));
        equal(LocalDate.of(2024, 3, 1), result.getObject(3, LocalDate.class));
        equal(new BigDecimal("2.5"), result.getBigDecimal(4));
      }
    }
    for (Object[] pair : new Object[][] {{Types.BOOLEAN, true}, {Types.SMALLINT, 5}, {Types.INTEGER, 5}, {Types.BIGINT, 5L}, {Types.REAL, 1.5f},
             {Types.DOUBLE, 2.5}, {Types.NUMERIC, new BigDecimal("3.75")}, {Types.VARCHAR, "text"}, {Types.DATE, Date.valueOf(date)},
             {Types.TIMESTAMP, Timestamp.valueOf("2024-01-02 03:04:05.678901")}, {Types.OTHER, uuid}, {Types.BINARY, bytes}}) {
      String cast = switch ((Integer) pair[0]) {
        case Types.BOOLEAN -> "boolean";
        case Types.SMALLINT -> "smallint";
        case Types.INTEGER -> "integer";
        case Types.BIGINT -> "bigint";
        case Types.REAL -> "real";
        case Types.DOUBLE -> "double precision";
        case Types.NUMERIC -> "numeric(10,2)";
        case Types.DATE -> "date";
        case Types.TIMESTAMP -> "timestamp";
        case Types.OTHER -> "uuid";
        case Types.BINARY -> "bytea";
        default -> "text";
      };
      try (PreparedStatement prepared = db.prepareStatement("SELECT ?::" + cast)) {
        for (int round = 0; round < 7; ++round) {
          prepared.setObject(1, pair[1], (Integer) pair[0]);
          ResultSet result = prepared.executeQuery();
          result.next();
          equal(pair[1], result.getObject(1));
          prepared.setNull(1, (Integer) pair[0]);
          result = prepared.executeQuery();
          result.next();
          equal(null, result.getObject(1));
        }
      }
    }
  }

  static void batches(Connection db) throws Exception {
    try (Statement statement = db.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS jdbc_batch");
      statement.execute("CREATE TABLE jdbc_batch (i integer NOT NULL, t text, at timestamp)");
      db.setAutoCommit(false);
      try (PreparedStatement prepared = db.prepareStatement("INSERT INTO jdbc_batch (i, t, at) VALUES (?, ?, ?)")) {
        for (int i = 0; i < 1000; ++i) {
          prepared.setInt(1, i);
          prepared.setString(2, i % 10 == 0 ? null : "row " + i);
          prepared.setTimestamp(3, new Timestamp(1700000000000L + i));
          prepared.addBatch();
        }
        equal(1000, prepared.executeBatch().length);
      }
      db.commit();
      statement.addBatch("INSERT INTO jdbc_batch VALUES (5000, 'x', NULL)");
      statement.addBatch("UPDATE jdbc_batch SET t = 'y' WHERE i = 5000");
      statement.addBatch("DELETE FROM jdbc_batch WHERE i = 5000");
      equal(Arrays.toString(new int[] {1, 1, 1}), Arrays.toString(statement.executeBatch()));
      db.commit();
      // Rows come in portions of 10 within a transaction.
      statement.setFetchSize(10);
      ResultSet result = statement.executeQuery("SELECT i, t FROM jdbc_batch ORDER BY i");
      int count = 0;
      while (result.next()) equal(count++, result.getInt(1));
      equal(1000, count);
      statement.setFetchSize(0);
      db.rollback();
      // A failure within a batch rolls back as a whole.
      try (PreparedStatement prepared = db.prepareStatement("INSERT INTO jdbc_batch (i) VALUES (?)")) {
        prepared.setInt(1, 9000);
        prepared.addBatch();
        prepared.setNull(1, Types.INTEGER);
        prepared.addBatch();
        prepared.executeBatch();
        throw new AssertionError("a NULL was taken");
      } catch (BatchUpdateException error) {
        equal("23502", error.getSQLState());
      }
      db.rollback();
      result = statement.executeQuery("SELECT count(*) FROM jdbc_batch");
      result.next();
      equal(1000L, result.getLong(1));
      db.commit();
      db.setAutoCommit(true);
    }
  }

  static void transactions(Connection db) throws Exception {
    db.setAutoCommit(false);
    try (Statement statement = db.createStatement()) {
      statement.executeUpdate("INSERT INTO jdbc_batch VALUES (7000, 'a', NULL)");
      Savepoint savepoint = db.setSavepoint("here");
      statement.executeUpdate("INSERT INTO jdbc_batch VALUES (7001, 'a', NULL)");
      try {
        statement.executeQuery("SELECT 1/0");
        throw new AssertionError("1/0 was answered");
      } catch (SQLException error) {
        equal("22012", error.getSQLState());
      }
      db.rollback(savepoint);
      ResultSet result = statement.executeQuery("SELECT count(*) FROM jdbc_batch WHERE i >= 7000");
      result.next();
      equal(1, result.getInt(1));
      db.rollback();
      for (int level : new int[] {Connection.TRANSACTION_READ_COMMITTED, Connection.TRANSACTION_REPEATABLE_READ}) {
        db.setTransactionIsolation(level);
        result = statement.executeQuery("SELECT 1");
        db.commit();
      }
      db.setReadOnly(true);
      result = statement.executeQuery("SELECT 1");
      result.next();
      db.commit();
      db.setReadOnly(false);
    } finally {
      db.setAutoCommit(true);
    }
    equal("public", db.getSchema());
    db.setSchema("public");
    equal(true, db.isValid(2));
    db.setClientInfo("ApplicationName", "smoke");
    equal("smoke", db.getClientInfo("ApplicationName"));
  }

  static void cancellation(Connection db) throws Exception {
    String slow = "SELECT count(*) FROM generate_series(1, 3000000) a, generate_series(1, 100000) b WHERE a % 7 = b % 5";
    try (Statement statement = db.createStatement()) {
      statement.setQueryTimeout(1);
      long start = System.nanoTime();
      try {
        statement.executeQuery(slow);
        throw new AssertionError("it was not slow");
      } catch (SQLException error) {
        equal("57014", error.getSQLState());
      }
      if (System.nanoTime() - start > 20_000_000_000L) throw new AssertionError("the time limit came late");
    }
    try (Statement statement = db.createStatement()) {
      Thread other = new Thread(() -> {
        try {
          Thread.sleep(300);
          statement.cancel();
        } catch (Exception ignored) {
        }
      });
      other.start();
      try {
        statement.executeQuery(slow);
        throw new AssertionError("it was not slow");
      } catch (SQLException error) {
        equal("57014", error.getSQLState());
      }
      other.join();
      ResultSet result = statement.executeQuery("SELECT 1");
      result.next();
      equal(1, result.getInt(1));
    }
  }

  static void copy(Connection db) throws Exception {
    CopyManager copy = db.unwrap(PGConnection.class).getCopyAPI();
    try (Statement statement = db.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS jdbc_copy");
      statement.execute("CREATE TABLE jdbc_copy (i integer, t text)");
    }
    equal(3L, copy.copyIn("COPY jdbc_copy FROM STDIN (FORMAT csv)", new StringReader("1,a\n2,\"b,c\"\n3,\n")));
    StringWriter out = new StringWriter();
    equal(3L, copy.copyOut("COPY (SELECT * FROM jdbc_copy ORDER BY i) TO STDOUT (FORMAT csv)", out));
    equal("1,a\n2,\"b,c\"\n3,\n", out.toString());
    try {
      copy.copyIn("COPY jdbc_copy FROM STDIN (FORMAT csv)", new StringReader("x,a\n"));
      throw new AssertionError("x was taken for an integer");
    } catch (SQLException error) {
      equal("22P02", error.getSQLState());
    }
    try (Statement statement = db.createStatement()) {
      ResultSet result = statement.executeQuery("SELECT count(*) FROM jdbc_copy");
      result.next();
      equal(3, result.getInt(1));
    }
  }

  static void keysAndUpdates(Connection db, boolean limits) throws Exception {
    try (Statement statement = db.createStatement()) {
      equal(1, statement.executeUpdate("UPDATE jdbc_batch SET t = 'k' WHERE i = 5", Statement.RETURN_GENERATED_KEYS));
      ResultSet keys = statement.getGeneratedKeys();
      keys.next();
      equal(5, keys.getInt("i"));
      boolean more = statement.execute("SELECT 1; SELECT 2, 3");
      equal(true, more);
      equal(true, statement.getMoreResults());
      equal(2, statement.getResultSet().getMetaData().getColumnCount());
      if (limits) {
        statement.setMaxRows(7);
        equal(7, rows(statement.executeQuery("SELECT * FROM jdbc_batch")).size());
      }
    }
    try (PreparedStatement prepared = db.prepareStatement("INSERT INTO jdbc_batch (i, t) VALUES (?, ?)", new String[] {"i"})) {
      prepared.setInt(1, 31337);
      prepared.setString(2, "returned");
      equal(1, prepared.executeUpdate());
      ResultSet keys = prepared.getGeneratedKeys();
      keys.next();
      equal(31337, keys.getInt(1));
    }
    try (Statement scroll = db.createStatement(ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_READ_ONLY)) {
      ResultSet result = scroll.executeQuery("SELECT i FROM jdbc_batch WHERE i < 100 ORDER BY i");
      result.last();
      equal(99, result.getInt(1));
      result.absolute(10);
      equal(9, result.getInt(1));
    }
    try {
      db.createStatement().executeQuery("SELECT * FROM no_such_table");
      throw new AssertionError("no error");
    } catch (SQLException error) {
      equal("42P01", error.getSQLState());
    }
    try (Statement escapes = db.createStatement()) {
      ResultSet result = escapes.executeQuery("SELECT {fn concat('a', 'b')}, {d '2024-02-29'}, {ts '2024-02-29 01:02:03'}, {fn ucase('x')}, {fn length('abc')}");
      result.next();
      equal("ab", result.getString(1));
      equal(LocalDate.of(2024, 2, 29), result.getObject(2, LocalDate.class));
    }
  }

  public static void main(String[] arguments) throws Exception {
    url = arguments[0];
    if (arguments.length > 1 && arguments[1].equals("--shape")) {
      shape();
      return;
    }
    String[][] modes = {{}, {"prepareThreshold", "1"}, {"binaryTransfer", "false"}, {"preferQueryMode", "simple"},
        {"preferQueryMode", "extendedForPrepared"}, {"reWriteBatchedInserts", "true"}, {"defaultRowFetchSize", "3"},
        {"adaptiveFetch", "true", "defaultRowFetchSize", "2", "maxResultBuffer", "64k"}, {"stringtype", "unspecified"}};
    for (String[] mode : modes) {
      String title = mode.length == 0 ? "default" : String.join("=", mode);
      try (Connection db = open(mode)) {
        // Without the extended protocol nothing is described, and limits are the driver's to forget.
        boolean simple = title.startsWith("preferQueryMode");
        test(title + ": types", () -> types(db, !simple));
        test(title + ": batches", () -> batches(db));
        test(title + ": transactions", () -> transactions(db));
        test(title + ": keys", () -> keysAndUpdates(db, !simple));
        test(title + ": copy", () -> copy(db));
      } catch (SQLException error) {
        ++failures;
        System.out.println("FAILED " + title + ": " + error);
      }
    }
    try (Connection db = open()) {
      test("meta data", () -> everyMethodOfMetaData(db));
      test("cancellation", () -> cancellation(db));
    }
    System.out.println(failures == 0 ? "all ok" : failures + " failed");
    System.exit(failures == 0 ? 0 : 1);
  }
}
