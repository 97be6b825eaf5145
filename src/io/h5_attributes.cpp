// SPDX-License-Identifier: GPL-3.0-or-later
#include "h5.h"

namespace syconn::h5 {
namespace {

/// More than any attribute written here; a damaged size must not become an allocation.
constexpr hssize_t kMaxAttributeElements = 1 << 24;

Handle open_attribute(const Object& object, const std::string& name) {
  prepare();
  if (!object.has_attribute(name))
    throw Error(Category::input, "'" + object.where() + "' has no attribute '" + name + "'");
  Handle attribute(H5Aopen(object.id(), name.c_str(), H5P_DEFAULT));
  if (!attribute) fail(Category::input, "cannot open attribute '" + name + "' of", object.where());
  return attribute;
}

std::size_t element_count(const Object& object, const std::string& name, const Handle& attribute) {
  const Handle space(H5Aget_space(attribute.id()));
  const hssize_t count = space ? H5Sget_simple_extent_npoints(space.id()) : -1;
  if (count < 0 || count > kMaxAttributeElements)
    fail(Category::input, "bad size of attribute '" + name + "' of", object.where());
  return static_cast<std::size_t>(count);
}

std::string variable_string(const Object& object, const std::string& name, const Handle& attribute,
                            const Handle& type) {
  char* text = nullptr;
  if (H5Aread(attribute.id(), type.id(), &text) < 0)
    fail(Category::input, "cannot read attribute '" + name + "' of", object.where());
  const std::string copy = text == nullptr ? "" : text;
  H5free_memory(text);
  return copy;
}

}  // namespace

bool Object::has_attribute(const std::string& name) const {
  prepare();
  const htri_t exists = H5Aexists(id(), name.c_str());
  if (exists < 0) fail(Category::input, "cannot look up attribute '" + name + "' of", where_);
  return exists > 0;
}

void Object::write_attribute(const std::string& name, std::string_view text) const {
  prepare();
  const Handle type(H5Tcopy(H5T_C_S1)), space(H5Screate(H5S_SCALAR));
  const std::string padded(text.empty() ? std::string(1, '\0') : std::string(text));  // HDF5 has no strings of length 0
  const bool good = type && H5Tset_size(type.id(), padded.size()) >= 0 &&
                    H5Tset_strpad(type.id(), H5T_STR_NULLPAD) >= 0 && H5Tset_cset(type.id(), H5T_CSET_UTF8) >= 0;
  const Handle attribute(good ? H5Acreate2(id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, H5P_DEFAULT) : -1);
  if (!attribute || H5Awrite(attribute.id(), type.id(), padded.data()) < 0)
    fail(Category::runtime, "cannot write attribute '" + name + "' of", where_);
}

void Object::write_numbers(const std::string& name, hid_t stored, hid_t memory, const hsize_t* size,
                           const void* data) const {
  prepare();
  const Handle space(size == nullptr ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, size, nullptr));
  const Handle attribute(H5Acreate2(id(), name.c_str(), stored, space.id(), H5P_DEFAULT, H5P_DEFAULT));
  if (!attribute || H5Awrite(attribute.id(), memory, data) < 0)
    fail(Category::runtime, "cannot write attribute '" + name + "' of", where_);
}

void Object::write_attribute(const std::string& name, std::span<const double> values) const {
  const hsize_t size = values.size();
  write_numbers(name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, &size, values.data());
}

void Object::write_attribute(const std::string& name, std::span<const std::int64_t> values) const {
  const hsize_t size = values.size();
  write_numbers(name, H5T_STD_I64LE, H5T_NATIVE_INT64, &size, values.data());
}

void Object::write_attribute(const std::string& name, std::int64_t value) const {
  write_numbers(name, H5T_STD_I64LE, H5T_NATIVE_INT64, nullptr, &value);
}

std::string Object::string_attribute(const std::string& name) const {
  const Handle attribute = open_attribute(*this, name);
  const Handle type(H5Aget_type(attribute.id()));
  if (!type || H5Tget_class(type.id()) != H5T_STRING || element_count(*this, name, attribute) != 1)
    throw Error(Category::input, "attribute '" + name + "' of '" + where_ + "' is not one string");
  if (H5Tis_variable_str(type.id()) > 0) return variable_string(*this, name, attribute, type);
  const std::size_t bytes = H5Tget_size(type.id());
  if (bytes > static_cast<std::size_t>(kMaxAttributeElements))
    throw Error(Category::input, "attribute '" + name + "' of '" + where_ + "' is too long");
  std::string text(bytes, '\0');
  if (H5Aread(attribute.id(), type.id(), text.data()) < 0)
    fail(Category::input, "cannot read attribute '" + name + "' of", where_);
  text.resize(std::min(text.find('\0'), text.size()));
  return text;
}

template <class T>
std::vector<T> Object::numbers(const std::string& name, hid_t memory) const {
  const Handle attribute = open_attribute(*this, name);
  const Handle type(H5Aget_type(attribute.id()));
  const H5T_class_t kind = type ? H5Tget_class(type.id()) : H5T_NO_CLASS;
  if (kind != H5T_INTEGER && kind != H5T_FLOAT)
    throw Error(Category::input, "attribute '" + name + "' of '" + where_ + "' is not numeric");
  std::vector<T> values(element_count(*this, name, attribute));
  if (!values.empty() && H5Aread(attribute.id(), memory, values.data()) < 0)
    fail(Category::input, "cannot read attribute '" + name + "' of", where_);
  return values;
}

std::vector<double> Object::double_attribute(const std::string& name) const {
  return numbers<double>(name, H5T_NATIVE_DOUBLE);
}

std::vector<std::int64_t> Object::int_attribute(const std::string& name) const {
  return numbers<std::int64_t>(name, H5T_NATIVE_INT64);
}

}  // namespace syconn::h5
