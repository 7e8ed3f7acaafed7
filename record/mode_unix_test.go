//go:build unix

package record

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// Not parallel: the umask is the whole process's.
func TestRecordsAreForTheirUserAloneWhateverTheUmask(t *testing.T) {
	for _, mask := range []int{0, 0o022, 0o377} {
		s := Store{Dir: t.TempDir()}
		old := syscall.Umask(mask)
		w, err := s.Create(Meta{Started: noon})
		syscall.Umask(old)
		if err != nil {
			t.Fatal(err)
		}
		w.Close()
		for path, want := range map[string]fs.FileMode{"": fs.ModeDir | 0o700, metaName: 0o600, eventsName: 0o600} {
			info, err := os.Stat(filepath.Join(w.Dir(), path))
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode() != want {
				t.Errorf("umask %03o: %q has mode %v, want %v", mask, path, info.Mode(), want)
			}
		}
	}
}
