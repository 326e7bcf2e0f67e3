#include "meta/delete_vector.h"

#include <algorithm>

#include <roaring/roaring.h>

#include "base/check.h"
#include "base/error.h"

namespace weir {

struct DeleteVector::Bitmap {
  explicit Bitmap(roaring_bitmap_t* owned) : set(owned) { WEIR_CHECK(set != nullptr, "roaring: out of memory"); }
  ~Bitmap() { roaring_bitmap_free(set); }
  Bitmap(const Bitmap&) = delete;
  Bitmap& operator=(const Bitmap&) = delete;
  roaring_bitmap_t* const set;
};

DeleteVector::DeleteVector(std::unique_ptr<Bitmap> bitmap)
    : bitmap_(std::move(bitmap)), count_(roaring_bitmap_get_cardinality(bitmap_->set)) {}
DeleteVector::~DeleteVector() = default;

DeleteVectorPtr DeleteVector::Of(std::span<const uint32_t> positions) {
  if (positions.empty()) return nullptr;
  auto bitmap = std::make_unique<Bitmap>(roaring_bitmap_create());
  roaring_bitmap_add_many(bitmap->set, positions.size(), positions.data());
  roaring_bitmap_run_optimize(bitmap->set);
  return DeleteVectorPtr(new DeleteVector(std::move(bitmap)));
}

DeleteVectorPtr DeleteVector::Deserialize(std::string_view bytes) {
  roaring_bitmap_t* set = roaring_bitmap_portable_deserialize_safe(bytes.data(), bytes.size());
  if (set == nullptr) throw Error::Operational(sqlstate::kDataCorrupted, "delete vector is damaged");
  auto bitmap = std::make_unique<Bitmap>(set);
  if (roaring_bitmap_is_empty(set)) return nullptr;
  return DeleteVectorPtr(new DeleteVector(std::move(bitmap)));
}

DeleteVectorPtr DeleteVector::Union(const DeleteVectorPtr& a, const DeleteVectorPtr& b) {
  if (a == nullptr) return b;
  if (b == nullptr) return a;
  auto bitmap = std::make_unique<Bitmap>(roaring_bitmap_or(a->bitmap_->set, b->bitmap_->set));
  roaring_bitmap_run_optimize(bitmap->set);
  return DeleteVectorPtr(new DeleteVector(std::move(bitmap)));
}

bool DeleteVector::Intersects(const DeleteVectorPtr& a, const DeleteVectorPtr& b) {
  return a != nullptr && b != nullptr && roaring_bitmap_intersect(a->bitmap_->set, b->bitmap_->set);
}

uint32_t DeleteVector::max() const {
  return roaring_bitmap_maximum(bitmap_->set);
}

bool DeleteVector::Contains(uint32_t position) const {
  return roaring_bitmap_contains(bitmap_->set, position);
}

uint64_t DeleteVector::CountInRange(uint64_t begin, uint64_t end) const {
  return begin >= end ? 0 : roaring_bitmap_range_cardinality(bitmap_->set, begin, end);
}

void DeleteVector::ExtractRange(uint64_t begin, uint64_t end, uint64_t* words) const {
  if (begin >= end || begin > UINT32_MAX) return;
  roaring_uint32_iterator_t at;
  roaring_init_iterator(bitmap_->set, &at);
  if (!roaring_move_uint32_iterator_equalorlarger(&at, static_cast<uint32_t>(begin))) return;
  while (at.has_value && at.current_value < end) {
    const uint64_t bit = at.current_value - begin;
    words[bit / 64] |= uint64_t{1} << (bit % 64);
    roaring_advance_uint32_iterator(&at);
  }
}

void DeleteVector::Iterate(bool (*f)(uint32_t, void*), void* to) const {
  roaring_iterate(bitmap_->set, f, to);
}

std::string DeleteVector::Serialize() const {
  std::string out(roaring_bitmap_portable_size_in_bytes(bitmap_->set), '\0');
  roaring_bitmap_portable_serialize(bitmap_->set, out.data());
  return out;
}

size_t DeleteVector::MemoryBytes() const {
  return roaring_bitmap_size_in_bytes(bitmap_->set) + sizeof(*this);
}

}  // namespace weir
