package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"jaanch/internal/edge/folder"
)

// Bounds of what a disk should be.
const (
	roomy    = 2 << 30 // free bytes below which somebody should make room
	tooFast  = 20_000  // safe writes a second that no disk reaches which really writes each of them
	slow     = 30      // safe writes a second below which people wait for the program
	unusable = 3       // below which analyzers give up waiting

	probeWrites = 4000
	probeBytes  = 4096
)

// space looks at the free bytes.
func (x *examination) space() {
	free, err := folder.Free(x.Data)
	if err != nil {
		x.add(Finding{Check: "disk_space", State: Look, Code: "space_unknown", Says: "The system does not say how much room there is on the disk."})
		return
	}
	f := Finding{Check: "disk_space", State: OK, Says: size(free) + " are free on the disk.", Figures: map[string]int64{"free_bytes": free}}
	switch {
	case free < folder.DefaultFloor:
		f.State, f.Code, f.Do = Wrong, "disk_full", "Make room now: the node takes in nothing new until there is some."
	case free < roomy:
		f.State, f.Code, f.Do = Look, "disk_low", "Make room before it runs out; a day of a busy lab needs up to 50 MB."
	}
	x.add(f)
}

// place looks at what kind of disk the folder lies on.
func (x *examination) place() {
	kind := fileSystem(x.Data)
	switch {
	case slices.Contains([]string{"tmpfs", "ramfs"}, kind):
		x.add(Finding{
			Check: "disk_kind", State: Wrong, Code: "disk_is_memory", Says: "The folder lies in the PC's memory, not on a disk: when the power goes, everything is gone.",
			Do: "Move it to a disk inside this PC.",
		})
	case slices.Contains([]string{"nfs", "smb", "cifs"}, kind):
		x.add(Finding{
			Check: "disk_kind", State: Wrong, Code: "disk_is_remote", Says: "The folder lies on another computer of the network. A database is damaged there sooner or later.",
			Do: "Move it to a disk inside this PC.",
		})
	case kind == "fat":
		x.add(Finding{
			Check: "disk_kind", State: Look, Code: "disk_is_fat", Says: "The folder lies on a disk formatted as FAT, as USB sticks are. It does not survive power cuts well.",
			Do: "Move it to a disk inside this PC, formatted as ext4 or NTFS.",
		})
	}
}

// speed times safe writes: the lab's data is written so, one such write before every acknowledgement.
func (x *examination) speed() {
	rate, err := probe(x.Data, x.Probe)
	if err != nil {
		x.add(Finding{
			Check: "disk_speed", State: Wrong, Code: "disk_refuses", Says: "Nothing can be written into the folder: " + reason(err) + ".",
			Do: "Is the disk full, write-protected or damaged, or does the folder belong to another account?",
		})
		return
	}
	x.add(judgeSpeed(rate))
}

// judgeSpeed says what a number of safe writes a second means for a lab.
func judgeSpeed(rate int64) Finding {
	f := Finding{
		Check: "disk_speed", State: OK, Figures: map[string]int64{"safe_writes_per_second": rate},
		Says: fmt.Sprintf("The disk makes %d safe writes a second.", rate),
	}
	switch {
	case rate > tooFast:
		f.State, f.Code = Look, "disk_lies"
		f.Says = fmt.Sprintf("The disk claims %d safe writes a second. No ordinary disk writes so fast: it may say \"written\" before it is, and a power cut may then take results that were acknowledged.", rate)
		f.Do = "Switch off the disk's write cache, or use an SSD with protection against power loss; in any case a UPS."
	case rate < unusable:
		f.State, f.Code = Wrong, "disk_too_slow"
		f.Says = fmt.Sprintf("The disk makes %d safe writes a second. Analyzers will give up waiting for it.", rate)
		f.Do = "The disk is failing, or another program keeps it busy, or it is a USB stick. Put the folder on an SSD inside this PC."
	case rate < slow:
		f.State, f.Code = Look, "disk_slow"
		f.Says = fmt.Sprintf("The disk makes %d safe writes a second: people will wait for the program, and results come slowly when many analyzers send at once.", rate)
		f.Do = "An SSD inside this PC makes some hundreds."
	}
	return f
}

// probe appends blocks to a file of its own in the folder and has the system carry each to the disk before the next. It
// gives how many it managed a second.
func probe(data string, limit time.Duration) (rate int64, err error) {
	f, err := os.CreateTemp(data, "doctor-*.tmp")
	if err != nil {
		return 0, err
	}
	defer func() {
		closed, removed := f.Close(), os.Remove(f.Name())
		for _, later := range []error{closed, removed} {
			if err == nil {
				err = later
			}
		}
	}()
	block := make([]byte, probeBytes)
	start, n := time.Now(), int64(0)
	for n < probeWrites && time.Since(start) < limit {
		if _, err := f.Write(block); err != nil {
			return 0, err
		}
		if err := f.Sync(); err != nil {
			return 0, err
		}
		n++
	}
	took := time.Since(start)
	return n * int64(time.Second) / max(int64(took), 1), nil
}

// copies looks for the newest copy of the database.
func (x *examination) copies() {
	var newest os.FileInfo
	for _, dir := range []string{filepath.Join(x.Data, "backups"), x.Copies} {
		if dir == "" {
			continue
		}
		entries, err := os.ReadDir(dir)
		if err != nil && dir == x.Copies {
			x.add(Finding{Check: "backup_folder", State: Wrong, Code: "copies_unreadable", Says: "The folder of the copies cannot be read: " + reason(err) + ".", Do: "Is the disk connected, and its name right?"})
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil || !info.Mode().IsRegular() || !isCopy(e.Name()) {
				continue
			}
			if newest == nil || info.ModTime().After(newest.ModTime()) {
				newest = info
			}
		}
	}
	how := "Make one with edge backup, on another disk, and let a timer do it every day. Copies that lie elsewhere are found with --copies FOLDER."
	if newest == nil {
		x.add(Finding{Check: "backup", State: Look, Code: "backup_missing", Says: "There is no copy of the lab's data. If this disk fails, what the hub does not have is lost.", Do: how})
		return
	}
	age := x.Now().Sub(newest.ModTime())
	f := Finding{
		Check: "backup", State: OK, Figures: map[string]int64{"age_hours": int64(age / time.Hour)},
		Says: fmt.Sprintf("The newest copy of the lab's data, %s, is %s old.", newest.Name(), spell(age)),
	}
	if age > 48*time.Hour {
		f.State, f.Code, f.Do = Look, "backup_old", how
	}
	x.add(f)
}

// isCopy tells whether a file is a finished copy; one in the making bears another name.
func isCopy(name string) bool {
	ext := filepath.Ext(name)
	return ext == ".db" || ext == ".age"
}
