package doctor

import "syscall"

// fileSystem names the kinds of file system that matter here; empty for every other.
func fileSystem(path string) string {
	var st syscall.Statfs_t
	if syscall.Statfs(path, &st) != nil {
		return ""
	}
	switch uint32(st.Type) {
	case 0x01021994:
		return "tmpfs"
	case 0x858458f6:
		return "ramfs"
	case 0x6969:
		return "nfs"
	case 0xfe534d42:
		return "smb"
	case 0xff534d42:
		return "cifs"
	case 0x4d44:
		return "fat"
	}
	return ""
}
