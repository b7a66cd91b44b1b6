#include "tests/corpus/device.hpp"

#include <elf.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstring>
#include <nlohmann/json.hpp>

#include "hsa_host/software.hpp"
#include "tests/command.hpp"

namespace gcn::corpus {
namespace {

using hsa_host::check;
using hsa_host::hsa;

constexpr size_t kernarg_bytes = 4096, arena_bytes = 16 << 20, guard_bytes = 256;
constexpr int guard_byte = 0xa5;

// The device is opened once; a new one only after a fault, when the last Program that used it has gone.
std::shared_ptr<hsa_host::Context> open_device() {
    static std::shared_ptr<hsa_host::Context> kept;
    if (!kept || kept->watch.is_lost()) {
        kept = nullptr;
        std::string why = hsa_host::load_software();
        if (why.empty()) why = hsa_host::open_rocr();
        if (!why.empty()) FAIL(why);
        kept = std::make_shared<hsa_host::Context>();
    }
    return kept;
}

// The note NT_AMDGPU_METADATA (32) of a code object: MessagePack.
nlohmann::json read_metadata(const std::string& elf) {
    const auto at = [&](size_t offset) { return elf.data() + offset; };
    const auto* header = reinterpret_cast<const Elf64_Ehdr*>(at(0));
    for (int i = 0; i < header->e_phnum; ++i) {
        const auto* segment = reinterpret_cast<const Elf64_Phdr*>(at(header->e_phoff)) + i;
        if (segment->p_type != PT_NOTE) continue;
        const auto* note = reinterpret_cast<const Elf64_Nhdr*>(at(segment->p_offset));
        const char* text = at(segment->p_offset + sizeof *note + (note->n_namesz + 3) / 4 * 4);
        if (note->n_type == 32) return nlohmann::json::from_msgpack(text, text + note->n_descsz);
    }
    FAIL("no metadata in a code object");
    return {};
}

std::vector<KernelInfo> describe(const std::string& elf) {
    std::vector<KernelInfo> all;
    const nlohmann::json metadata = read_metadata(elf);
    for (const auto& k : metadata.at("amdhsa.kernels")) {
        KernelInfo info{.name = k.at(".name"),
                        .args = {},
                        .kernarg_bytes = k.at(".kernarg_segment_size"),
                        .lds_bytes = k.at(".group_segment_fixed_size"),
                        .scratch_bytes = k.at(".private_segment_fixed_size")};
        for (const auto& a : k.at(".args")) info.args.push_back({a.at(".value_kind"), a.at(".offset"), a.at(".size")});
        all.push_back(info);
    }
    return all;
}

void put(std::byte* at, const KernelInfo::Arg& arg, const void* value, size_t bytes) {
    INFO("argument " << arg.kind << " at " << arg.offset);
    REQUIRE(bytes == arg.size);
    std::memcpy(at + arg.offset, value, bytes);
}

size_t rounded_up(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// Where buffers lie in the arena: each between two guards.
std::vector<size_t> places(std::span<const Argument> given, size_t& end) {
    std::vector<size_t> all;
    end = guard_bytes;
    for (const Argument& a : given) {
        all.push_back(end);
        if (a.how == Pass::Buffer) end += rounded_up(a.bytes, guard_bytes) + guard_bytes;
    }
    REQUIRE(end <= arena_bytes);
    return all;
}

}  // namespace

std::vector<std::string> kernels_in(const std::string& file) {
    std::vector<std::string> names;
    for (const KernelInfo& k : describe(test::contents(file))) names.push_back(k.name);
    return names;
}

Program::Program(const std::string& file)
    : context(open_device()),
      code(test::contents(file)),
      kernarg(context->agents, context->agents.kernarg, kernarg_bytes, "for arguments"),
      arena(context->agents, context->agents.host, arena_bytes, "for buffers") {
    INFO(file);
    REQUIRE(!code.empty());
    const hsa_agent_t gpu = context->agents.gpu;
    check(hsa().hsa_code_object_reader_create_from_memory(code.data(), code.size(), &reader), "read " + file);
    check(hsa().hsa_executable_create_alt(HSA_PROFILE_FULL, HSA_DEFAULT_FLOAT_ROUNDING_MODE_DEFAULT, nullptr,
                                          &executable),
          "load " + file);
    check(hsa().hsa_executable_load_agent_code_object(executable, gpu, reader, nullptr, nullptr), "load " + file);
    check(hsa().hsa_executable_freeze(executable, nullptr), "load " + file);
    all = describe(code);
    for (KernelInfo& k : all) {
        hsa_executable_symbol_t symbol{};
        check(hsa().hsa_executable_get_symbol_by_name(executable, (k.name + ".kd").c_str(), &gpu, &symbol), k.name);
        check(hsa().hsa_executable_symbol_get_info(symbol, HSA_EXECUTABLE_SYMBOL_INFO_KERNEL_OBJECT, &k.object),
              k.name);
    }
}

Program::~Program() {
    hsa().hsa_executable_destroy(executable);
    hsa().hsa_code_object_reader_destroy(reader);
}

const KernelInfo& Program::kernel(const std::string& name) const {
    const auto found = std::find_if(all.begin(), all.end(), [&](const KernelInfo& k) { return k.name == name; });
    if (found == all.end()) FAIL("no kernel " << name);
    return *found;
}

std::string Program::run(const KernelInfo& kernel, const Shape& shape, std::span<const Argument> given) {
    size_t end = 0, lds = kernel.lds_bytes, next = 0;
    const std::vector<size_t> at = places(given, end);
    std::memset(arena.data(), guard_byte, end);
    std::memset(kernarg.data(), 0, kernel.kernarg_bytes);
    for (const KernelInfo::Arg& arg : kernel.args) {
        const std::string_view kind = arg.kind;
        if (kind.starts_with("hidden_global_offset_")) {
            put(kernarg.data(), arg, &shape.offset[size_t(kind.back() - 'x')], 8);
        } else if (!kind.starts_with("hidden_")) {  // of those, nothing but offsets is used here: they stay 0
            REQUIRE(next < given.size());
            const Argument& a = given[next];
            std::byte* const buffer = arena.data() + at[next++];
            if (kind == "global_buffer") {
                REQUIRE(a.how == Pass::Buffer);
                std::memcpy(buffer, a.data, a.bytes);
                put(kernarg.data(), arg, &buffer, 8);
            } else if (kind == "dynamic_shared_pointer") {
                REQUIRE(a.how == Pass::Local);
                const uint32_t place = uint32_t(lds = rounded_up(lds, 16));
                lds += a.bytes;
                put(kernarg.data(), arg, &place, 4);
            } else {
                REQUIRE((kind == "by_value" && a.how == Pass::Value));
                put(kernarg.data(), arg, a.data, a.bytes);
            }
        }
    }
    REQUIRE(next == given.size());

    hsa_kernel_dispatch_packet_t p{};
    p.workgroup_size_x = uint16_t(shape.local[0]), p.grid_size_x = shape.global[0];
    p.workgroup_size_y = uint16_t(shape.local[1]), p.grid_size_y = shape.global[1];
    p.workgroup_size_z = uint16_t(shape.local[2]), p.grid_size_z = shape.global[2];
    p.private_segment_size = kernel.scratch_bytes;
    p.group_segment_size = uint32_t(lds);
    p.kernel_object = kernel.object;
    p.kernarg_address = kernarg.data();
    p.completion_signal = context->done;
    REQUIRE(context->watch.arm(context->done, &kernel.name));
    constexpr uint32_t header = HSA_PACKET_TYPE_KERNEL_DISPATCH << HSA_PACKET_HEADER_TYPE |
                                HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCACQUIRE_FENCE_SCOPE |
                                HSA_FENCE_SCOPE_SYSTEM << HSA_PACKET_HEADER_SCRELEASE_FENCE_SCOPE;
    context->queue.submit(&p, header | uint32_t(shape.dimensions()) << 16);
    hsa_host::wait(context->done);
    context->watch.disarm();
    if (context->watch.is_lost()) return context->watch.sentence();

    std::string stray;
    size_t checked = 0;
    const auto check_guard = [&](size_t to) {
        for (; checked < to; ++checked)
            if (stray.empty() && arena.data()[checked] != std::byte(guard_byte))
                stray = "it wrote outside its buffers, at byte " + std::to_string(checked) + " of the arena";
    };
    for (size_t i = 0; i < given.size(); ++i) {
        if (given[i].how != Pass::Buffer) continue;
        check_guard(at[i]);
        std::memcpy(given[i].data, arena.data() + at[i], given[i].bytes);
        checked = at[i] + given[i].bytes;
    }
    check_guard(end);
    return stray;
}

}  // namespace gcn::corpus
