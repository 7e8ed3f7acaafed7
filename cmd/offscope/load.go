package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"offscope/bucket"
	"offscope/source"
)

// largestFile is how much of a file is read.
const largestFile = 100 << 20

// load reads files and folders of tests. All problems of all files are printed before it gives up.
func load(s system, paths []string, screen screen) ([]*bucket.Document, error) {
	var documents []*bucket.Document
	broken, size := false, 0
	for _, path := range paths {
		files, err := expand(path)
		if err != nil {
			return nil, err
		}
		for _, file := range files {
			f, err := readFile(s, file)
			if err != nil {
				return nil, err
			}
			size += len(f.Bytes())
			saveMemory(size)
			document, diagnostics := bucket.Parse(f)
			screen.diagnose(s, diagnostics)
			if document == nil || diagnostics.Err() != nil {
				broken = true
				continue
			}
			documents = append(documents, document)
		}
	}
	if broken {
		return nil, exit(exitUsage)
	}
	return documents, nil
}

// expand returns the files that a path names: itself, or the JSON files below a folder in order of their names. What is hidden
// there is no test: of version control, of a desktop, or the copies behind the links that Kubernetes makes of a ConfigMap.
func expand(path string) ([]string, error) {
	if path == "-" {
		return []string{path}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, noFile(path, err)
	}
	if !info.IsDir() {
		return []string{path}, nil
	}
	var files []string
	root := path + string(filepath.Separator) // a link to a folder stands for it
	err = filepath.WalkDir(root, func(at string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case at != root && strings.HasPrefix(entry.Name(), "."):
			if entry.IsDir() {
				return fs.SkipDir
			}
		case !entry.IsDir() && strings.EqualFold(filepath.Ext(at), ".json"):
			files = append(files, at)
		}
		return nil
	})
	if err != nil {
		return nil, unreadable(path, err)
	}
	if len(files) == 0 {
		return nil, usageHint("tests are files that end in .json", "%s: no test in this folder", path)
	}
	return files, nil
}

const hintNoFile = "check the name; a path is relative to the folder you are in"

func noFile(path string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return unreadable(path, err)
	}
	if path == "" {
		return usageHint("is a variable of the shell empty?", "the name of a file is empty")
	}
	hint := hintNoFile
	if near := nearFile(path); near != "" {
		hint = "did you mean " + near + "?"
	} else if strings.Contains(path, "://") {
		hint = "download it, and give the file"
	}
	return usageHint(hint, "%s: no such file", path)
}

// unreadable words why a file cannot be read.
func unreadable(path string, err error) error {
	if failed := (*fs.PathError)(nil); errors.As(err, &failed) {
		err = failed.Err // its operation says nothing to anybody
	}
	return usage("%s: cannot be read: %w", path, err)
}

func nearFile(path string) string {
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return ""
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Name())
	}
	name := filepath.Base(path)
	near := source.Nearest(name, names)
	for _, extension := range []string{".json", ".yaml"} {
		if slices.Contains(names, name+extension) {
			near = name + extension
		}
	}
	if near == "" {
		return ""
	}
	return filepath.Join(filepath.Dir(path), near)
}

func readFile(s system, path string) (*source.File, error) {
	if path == "-" {
		data, err := io.ReadAll(io.LimitReader(s.stdin, largestFile+1))
		if err != nil {
			return nil, usage("stdin: %w", err)
		}
		return checkSize("stdin", data)
	}
	if s.opened != nil {
		s.opened(path)
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, noFile(path, err)
	}
	if info.IsDir() {
		return nil, usage("%s is a folder, and a file was expected", path)
	}
	if info.Size() > largestFile {
		return nil, tooLarge(path)
	}
	data, err := readAtMost(path, largestFile+1)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return checkSize(path, data)
}

// readAtMost reads the beginning of a file: what is no regular file, such as a pipe or a device, has no size that one could look
// at before.
func readAtMost(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var data bytes.Buffer
	if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
		data.Grow(int(min(info.Size(), most)) + bytes.MinRead)
	}
	_, err = data.ReadFrom(io.LimitReader(f, most))
	return data.Bytes(), err
}

func checkSize(name string, data []byte) (*source.File, error) {
	if len(data) > largestFile {
		return nil, tooLarge(name)
	}
	return source.NewFile(name, data), nil
}

func tooLarge(name string) error {
	return usage("%s is larger than 100 MB, the most that is read of a file", name)
}

// readVariables reads a file of variables.
func readVariables(s system, path string, screen screen) ([]bucket.NamedText, error) {
	f, err := readFile(s, path)
	if err != nil {
		return nil, err
	}
	values, diagnostics := bucket.ParseVariables(f)
	screen.diagnose(s, diagnostics)
	if diagnostics.Err() != nil {
		return nil, exit(exitUsage)
	}
	return values, nil
}

func looksLikeFile(name string) bool {
	if strings.ContainsAny(name, `/\`) || slices.Contains([]string{".json", ".yaml", ".yml"}, strings.ToLower(filepath.Ext(name))) {
		return true
	}
	_, err := os.Stat(name)
	return err == nil
}
