#pragma once
// The file by which all processes of a COMMAND see one card: emulator/cp/board.hpp.

namespace gcn {

// Sets GCN_EMU_BOARD unless it is set, to the name of a file that whoever needs it first will make. Files of that kind
// that nobody uses any more are removed.
void share_board();

}  // namespace gcn
