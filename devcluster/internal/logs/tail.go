package logs

import (
	"bytes"
	"fmt"
	"os"
)

// tailBlock is how much of a file Tail reads at a time, from the end back.
const tailBlock = 64 << 10

// Tail implements Source. It reads no more of the file than the lines asked
// for.
func (f *File) Tail(n int64) (int64, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return 0, err
	}
	end := info.Size()
	if n == 0 {
		return end, nil
	}
	block := make([]byte, tailBlock)
	// The newline that ends the last line does not begin another.
	for offset := end; offset > 0; {
		size := min(offset, tailBlock)
		offset -= size
		if _, err := file.ReadAt(block[:size], offset); err != nil {
			return 0, fmt.Errorf("read a log backwards: %w", err)
		}
		piece := block[:size]
		for i := bytes.LastIndexByte(piece, '\n'); i >= 0; i = bytes.LastIndexByte(piece[:i], '\n') {
			if offset+int64(i)+1 == end {
				continue
			}
			if n--; n == 0 {
				return offset + int64(i) + 1, nil
			}
		}
	}
	return 0, nil
}
