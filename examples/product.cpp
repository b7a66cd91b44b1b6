// C = A * B through the C++ interface: prints C and the device that computed it.
#include <cstdio>
#include <gcn/gcn.hpp>
#include <string>

int main() try {
    // Column major: A is 2 x 3, B is 3 x 2.
    const float a_values[] = {1, 4, 2, 5, 3, 6}, b_values[] = {7, 9, 11, 8, 10, 12};
    float c_values[4];

    gcn::Device device = gcn::Device::open();
    gcn::Plan plan = gcn::plan(device, {.m = 2, .n = 2, .k = 3});
    gcn::Buffer a = device.alloc(sizeof a_values), b = device.alloc(sizeof b_values);
    gcn::Buffer c = device.alloc(sizeof c_values);
    a.write(a_values, sizeof a_values);
    b.write(b_values, sizeof b_values);
    if (!plan.run(a, b, c)) {
        std::fprintf(stderr, "%s\n", device.lost().c_str());
        return 1;
    }
    c.read(c_values, sizeof c_values);

    std::printf("%g %g\n%g %g\n", c_values[0], c_values[2], c_values[1], c_values[3]);
    std::printf("on %s\n", std::string(device.name()).c_str());
} catch (const gcn::Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return int(e.fault);
}
