// Points, lines, polygons and circles as well-known text, and what StarRocks computes with them.

#include <charconv>
#include <cmath>
#include <numbers>

#include "function/scalar/kernel.h"
#include "function/scalar/register.h"
#include "types/text_scan.h"

namespace weir {

namespace {

constexpr double kEarthRadiusMeters = 6'371'000;

struct Point {
  double x = 0, y = 0;
};

struct Shape {
  enum class Kind : uint8_t { kPoint, kLine, kPolygon, kCircle } kind = Kind::kPoint;
  std::vector<std::vector<Point>> rings;  // one for points and lines; the centre of a circle
  double radius = 0;                      // meters
};

class WktReader {
 public:
  explicit WktReader(std::string_view text) : text_(text) {}

  // Empty when the text is no shape of these kinds.
  std::optional<Shape> Read() {
    Shape shape;
    std::string word;
    Skip();
    while (at_ < text_.size() && IsAsciiLetter(text_[at_])) word += static_cast<char>(ToLowerAscii(text_[at_++]));
    if (!Accept('(')) return std::nullopt;
    bool ok = false;
    if (word == "point" || word == "linestring") {
      shape.kind = word == "point" ? Shape::Kind::kPoint : Shape::Kind::kLine;
      ok = Points(shape.rings.emplace_back());
      ok = ok && (word == "point" ? shape.rings[0].size() == 1 : shape.rings[0].size() > 1);
    } else if (word == "polygon") {
      shape.kind = Shape::Kind::kPolygon;
      do {
        if (!Accept('(') || !Points(shape.rings.emplace_back())) return std::nullopt;
        const auto& ring = shape.rings.back();
        if (ring.size() < 4 || ring.front().x != ring.back().x || ring.front().y != ring.back().y) return std::nullopt;
      } while (Accept(','));
      ok = Accept(')');
    } else if (word == "circle") {
      shape.kind = Shape::Kind::kCircle;
      Point center;
      ok = Accept('(') && Pair(center) && Accept(')') && Accept(',') && Number(shape.radius) && Accept(')');
      shape.rings = {{center}};
    }
    Skip();
    if (!ok || at_ != text_.size()) return std::nullopt;
    return shape;
  }

 private:
  void Skip() {
    while (at_ < text_.size() && IsSpace(text_[at_])) ++at_;
  }
  bool Accept(char c) {
    Skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  bool Number(double& out) {
    Skip();
    const auto [end, code] = std::from_chars(text_.data() + at_, text_.data() + text_.size(), out);
    if (code != std::errc() || !std::isfinite(out)) return false;
    at_ = static_cast<size_t>(end - text_.data());
    return true;
  }
  bool Pair(Point& point) { return Number(point.x) && Number(point.y); }
  // Pairs with commas between them, and what closes them.
  bool Points(std::vector<Point>& out) {
    do {
      if (!Pair(out.emplace_back())) return false;
    } while (Accept(','));
    return Accept(')');
  }

  std::string_view text_;
  size_t at_ = 0;
};

std::string ToWkt(const Shape& shape) {
  const auto points = [](const std::vector<Point>& ring) {
    std::string out;
    for (const Point& point : ring) {
      if (!out.empty()) out += ", ";
      AppendDouble(point.x, out);
      out += ' ';
      AppendDouble(point.y, out);
    }
    return out;
  };
  switch (shape.kind) {
    case Shape::Kind::kPoint:
      return "POINT (" + points(shape.rings[0]) + ")";
    case Shape::Kind::kLine:
      return "LINESTRING (" + points(shape.rings[0]) + ")";
    case Shape::Kind::kCircle: {
      std::string out = "CIRCLE ((" + points(shape.rings[0]) + "), ";
      AppendDouble(shape.radius, out);
      return out + ")";
    }
    case Shape::Kind::kPolygon: {
      std::string out;
      for (const auto& ring : shape.rings) out += (out.empty() ? "(" : ", (") + points(ring) + ")";
      return "POLYGON (" + out + ")";
    }
  }
  return {};
}

bool IsOnEarth(double longitude, double latitude) {
  return std::abs(longitude) <= 180 && std::abs(latitude) <= 90;
}

double Distance(double x1, double y1, double x2, double y2) {
  const auto radians = [](double degrees) { return degrees * std::numbers::pi / 180; };
  const double half_y = std::sin(radians(y2 - y1) / 2), half_x = std::sin(radians(x2 - x1) / 2);
  const double a = half_y * half_y + std::cos(radians(y1)) * std::cos(radians(y2)) * half_x * half_x;
  return 2 * kEarthRadiusMeters * std::asin(std::min(1.0, std::sqrt(a)));
}

// By counting the edges to the right; points on an edge are in.
bool InRing(const std::vector<Point>& ring, const Point& point) {
  bool inside = false;
  for (size_t i = 0, j = ring.size() - 1; i < ring.size(); j = i++) {
    const Point &a = ring[i], &b = ring[j];
    const double cross = (b.x - a.x) * (point.y - a.y) - (b.y - a.y) * (point.x - a.x);
    if (cross == 0 && point.x >= std::min(a.x, b.x) && point.x <= std::max(a.x, b.x) && point.y >= std::min(a.y, b.y) &&
        point.y <= std::max(a.y, b.y)) {
      return true;
    }
    if ((a.y > point.y) != (b.y > point.y) && point.x < (b.x - a.x) * (point.y - a.y) / (b.y - a.y) + a.x) {
      inside = !inside;
    }
  }
  return inside;
}

bool ContainsPoint(const Shape& shape, const Point& point) {
  switch (shape.kind) {
    case Shape::Kind::kPoint:
      return shape.rings[0][0].x == point.x && shape.rings[0][0].y == point.y;
    case Shape::Kind::kCircle:
      return Distance(shape.rings[0][0].x, shape.rings[0][0].y, point.x, point.y) <= shape.radius;
    case Shape::Kind::kLine:
      return false;
    case Shape::Kind::kPolygon:
      for (size_t i = 0; i < shape.rings.size(); ++i) {
        if (InRing(shape.rings[i], point) != (i == 0)) return false;
      }
      return true;
  }
  return false;
}

bool Contains(const Shape& shape, const Shape& part) {
  for (const auto& ring : part.rings) {
    for (const Point& point : ring) {
      if (!ContainsPoint(shape, point)) return false;
    }
  }
  return part.kind != Shape::Kind::kCircle || shape.kind == Shape::Kind::kCircle;
}

// The text in its usual form, NULL unless it is of the kind.
ScalarKernel FromText(std::optional<Shape::Kind> kind) {
  return RowKernelWith<StringRef, StringRef>([kind](RowOut<StringRef>& out, StringRef text) {
    const std::optional<Shape> shape = WktReader(text).Read();
    if (!shape || (kind && shape->kind != *kind)) {
      out.SetNull();
    } else {
      out.SetString(ToWkt(*shape));
    }
  });
}

template <bool kX>
ColumnPtr Coordinate(const KernelArgs& args) {
  return ApplyRows<double, StringRef>(args, [](RowOut<double>& out, StringRef text) {
    const std::optional<Shape> shape = WktReader(text).Read();
    if (shape && shape->kind == Shape::Kind::kPoint) {
      out.Set(kX ? shape->rings[0][0].x : shape->rings[0][0].y);
    } else {
      out.Set(0);
      out.SetNull();
    }
  });
}

}  // namespace

void RegisterGeographyFunctions(Registry& registry) {
  Family family(registry, "geography");
  family.Add("st_point", "A point of longitude and latitude, as well-known text; NULL when there is no such place.",
             "st_point(24.7, 56.7)", "POINT (24.7 56.7)",
             {Total({kDouble, kDouble}, kText,
                    RowKernelWith<StringRef, double, double>([](RowOut<StringRef>& out, double x, double y) {
                      if (IsOnEarth(x, y)) {
                        out.SetString(ToWkt({Shape::Kind::kPoint, {{{x, y}}}, 0}));
                      } else {
                        out.SetNull();
                      }
                    }))});
  family.Add("st_circle", "A circle around a place, with its radius in meters.", "st_circle(111, 64, 10000)",
             "CIRCLE ((111 64), 10000)",
             {Total({kDouble, kDouble, kDouble}, kText,
                    RowKernelWith<StringRef, double, double, double>(
                        [](RowOut<StringRef>& out, double x, double y, double radius) {
                          if (IsOnEarth(x, y) && radius >= 0) {
                            out.SetString(ToWkt({Shape::Kind::kCircle, {{{x, y}}}, radius}));
                          } else {
                            out.SetNull();
                          }
                        }))});
  family.Add({"st_geometryfromtext", {"st_geomfromtext", "st_astext", "st_aswkt"}},
             "The shape as well-known text; NULL for what is none.", "st_geometryfromtext('linestring (1 1, 2 2)')",
             "LINESTRING (1 1, 2 2)", {Total({kText}, kText, FromText(std::nullopt))});
  family.Add({"st_linefromtext", {"st_linestringfromtext"}}, "The line as well-known text; NULL for what is none.",
             "st_linefromtext('LINESTRING (1 1, 2 2)')", "LINESTRING (1 1, 2 2)",
             {Total({kText}, kText, FromText(Shape::Kind::kLine))});
  family.Add({"st_polygon", {"st_polyfromtext", "st_polygonfromtext"}},
             "The polygon as well-known text; NULL for what is none.",
             "st_polygon('POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))')", "POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))",
             {Total({kText}, kText, FromText(Shape::Kind::kPolygon))});
  family.Add("st_x", "The longitude of a point.", "st_x(st_point(24.7, 56.7))", "24.7",
             {Total({kText}, kDouble, Coordinate<true>)});
  family.Add("st_y", "The latitude of a point.", "st_y(st_point(24.7, 56.7))", "56.7",
             {Total({kText}, kDouble, Coordinate<false>)});
  family.Add("st_distance_sphere", "Meters between two places, longitude before latitude.",
             "round(st_distance_sphere(116.35620117, 39.939093, 116.4274406433, 39.9020987219))", "7337",
             {Total({kDouble, kDouble, kDouble, kDouble}, kDouble,
                    RowKernelWith<double, double, double, double, double>(
                        [](RowOut<double>& out, double x1, double y1, double x2, double y2) {
                          if (IsOnEarth(x1, y1) && IsOnEarth(x2, y2)) {
                            out.Set(Distance(x1, y1, x2, y2));
                          } else {
                            out.Set(0);
                            out.SetNull();
                          }
                        }))});
  family.Add("st_contains", "Whether the first shape contains all corners of the second.",
             "st_contains('POLYGON ((0 0, 10 0, 10 10, 0 10, 0 0))', 'POINT (5 5)')", "t",
             {Total({kText, kText}, TypeKind::kBoolean,
                    RowKernelWith<uint8_t, StringRef, StringRef>([](RowOut<uint8_t>& out, StringRef a, StringRef b) {
                      const std::optional<Shape> shape = WktReader(a).Read(), part = WktReader(b).Read();
                      out.Set(0);
                      if (shape && part) {
                        out.Set(Contains(*shape, *part) ? 1 : 0);
                      } else {
                        out.SetNull();
                      }
                    }))});
}

}  // namespace weir
