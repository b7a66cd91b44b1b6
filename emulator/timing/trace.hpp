#pragma once
// What a wave leaves behind for the timing model: a stream of 32-bit words, of which the code (code.hpp) knows the
// rest.
//
//     at the start of a stretch   number | lanes << 24
//                                 before it, when the program has changed: 0xffffffff, the number of the Code
//     DS                          extra clocks of conflicts | so many further DS instructions, which have as many
//                                 and leave nothing << 16
//     SMEM                        low half of the 64-byte line, high half | lines << 16
//     MUBUF, MTBUF, FLAT          lines | address clocks << 12 | flags; unless there are no lines, the first line (low,
//     high);
//                                 when scattered lines - 1 distances, of one word each or, when wide, of two (low,
//                                 high)
//
// s_dcache_*, s_memtime and buffer_wbinvl1 leave nothing. Lines ascend, and each is there once.

#include <cstdint>
#include <memory>
#include <vector>

namespace gcn::emulator::timing {

class Code;

namespace record {
inline constexpr uint32_t other_code = ~0u, number = 0xffffff, lines = 0xfff, scattered = 1u << 22, wide = 1u << 23,
                          some_lds = 1u << 24, some_scratch = 1u << 25;
inline constexpr int lanes_shift = 24, clocks_shift = 12, clocks_bits = 10, smem_lines_shift = 16, repeats_shift = 16;
inline constexpr uint32_t conflicts = 0xffff;
inline uint64_t smem_line(const uint32_t* r) { return uint64_t(r[1] & 0xffff) << 32 | r[0]; }
inline uint32_t smem_lines(const uint32_t* r) { return r[1] >> smem_lines_shift & 15; }
}  // namespace record

// The owner may append, and remove what lies before `read`, while the engine is not inside advance() or skip().
struct WaveTrace {
    std::vector<uint32_t> words;
    size_t read = 0;        // the engine's place
    bool complete = false;  // nothing will be appended

    size_t left() const { return words.size() - read; }
};

struct GroupTrace {
    uint64_t number = 0;                                        // in the grid
    uint32_t items = 0;                                         // active work-items
    const Code* first = nullptr;                                // what waves begin in
    const std::vector<std::unique_ptr<Code>>* codes = nullptr;  // of the grid, for those who change over
    std::vector<WaveTrace> waves;
    uint64_t digest = 0;  // of all this, when somebody asks (known.hpp)
};

// The distinct lines of a record, in ascending order. `words` begins behind the header.
class Lines {
public:
    Lines(const uint32_t* words, uint32_t header) : at(words), header(header), left(header & record::lines) {
        if (left) line = uint64_t(words[1]) << 32 | words[0], at += 2;
    }
    uint32_t left_over() const { return left; }
    uint64_t next() {
        const uint64_t now = line;
        if (--left) {
            if (!(header & record::scattered))
                ++line;
            else if (header & record::wide)
                line += uint64_t(at[1]) << 32 | at[0], at += 2;
            else
                line += *at++;
        }
        return now;
    }

    // Words that follow such a header.
    static size_t words(uint32_t header) {
        const size_t n = header & record::lines;
        if (!n) return 0;
        return 2 + (header & record::scattered ? (n - 1) * (header & record::wide ? 2 : 1) : 0);
    }

private:
    const uint32_t* at;
    const uint32_t header;
    uint32_t left;
    uint64_t line = 0;
};

// Appends records; for tests and whoever has addresses at hand.
class TraceWriter {
public:
    explicit TraceWriter(WaveTrace& to) : to(to.words) {}

    void stretch(uint32_t number, uint32_t lanes = 64) {
        to.push_back((number & record::number) | lanes << record::lanes_shift);
    }
    void change_code(uint32_t index) { to.insert(to.end(), {record::other_code, index}); }
    void lds(uint32_t extra_clocks = 0) { to.push_back(extra_clocks & 0xffff); }
    void smem(uint64_t line, uint32_t lines = 1) {
        to.insert(to.end(), {uint32_t(line), uint32_t(line >> 32 & 0xffff) | lines << record::smem_lines_shift});
    }
    void vmem(uint64_t line, uint32_t lines, uint32_t clocks, uint32_t flags = 0) {
        to.push_back(lines | clocks << record::clocks_shift | flags);
        if (lines) to.insert(to.end(), {uint32_t(line), uint32_t(line >> 32)});
    }
    // `lines` ascend.
    void scattered(const std::vector<uint64_t>& lines, uint32_t clocks, uint32_t flags = 0) {
        bool far = false;
        for (size_t i = 1; i < lines.size(); ++i) far |= (lines[i] - lines[i - 1]) >> 32;
        vmem(lines.empty() ? 0 : lines[0], uint32_t(lines.size()), clocks,
             flags | record::scattered | (far ? record::wide : 0));
        for (size_t i = 1; i < lines.size(); ++i) {
            const uint64_t step = lines[i] - lines[i - 1];
            to.push_back(uint32_t(step));
            if (far) to.push_back(uint32_t(step >> 32));
        }
    }

private:
    std::vector<uint32_t>& to;
};

}  // namespace gcn::emulator::timing
