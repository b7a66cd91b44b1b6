#pragma once
// NumPy's .npy files of one matrix of floats: read, written, or refused with a sentence. docs/files.md says which.
//
// Format: numpy.lib.format, versions 1.0, 2.0 and 3.0.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gcn/error.hpp"

namespace gcn {

// NumPy's two orders: rows lie one after the other ("C"), or columns do ("Fortran").
enum class Order : uint8_t { C, Fortran };

struct Matrix {
    int64_t rows = 0, columns = 0;
    Order order = Order::C;
    std::vector<float> values;
    bool rounded = false;  // the file held f64
};

// f16, f32 or f64, big- or little-endian. gcn::Error when the file cannot be read or is anything but one matrix.
Matrix read_npy(const std::string& path);

// A file to be written, so that what could never be written is refused (gcn::Error) before it is computed. f32
// little-endian. The file appears when it is complete: after an error, or unwritten, there is the old one, or none.
class NpyOutput {
public:
    explicit NpyOutput(const std::string& path);
    ~NpyOutput();
    void write(const Matrix&);  // once

private:
    std::unique_ptr<class Output> file;
};
void write_npy(const std::string& path, const Matrix&);

}  // namespace gcn
