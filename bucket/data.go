package bucket

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"

	"offscope/jsontree"
	"offscope/source"
)

// mostData is the size above which the hosted service refuses a file of test data.
const mostData = 5 << 20

const jsonHint = `write [{"name": "value"}, …], an object for each run`

// ParseData reads a file of test data: each row is a run of its own, with the row's values as variables. A name that ends in
// .json, or a text that begins with a bracket, is JSON: a list of objects of texts, numbers and booleans, or an object whose only
// member is such a list. Everything else is CSV: commas between values, the names of the variables in the first row, quotes
// where a value has commas, quotes or line ends in it. Blank lines are passed over.
//
// The rows are nil when at least one diagnostic is an error, and a file without a row is one. The file becomes private, and no
// diagnostic shows a value of it.
func ParseData(f *source.File) ([]Row, source.Diagnostics) {
	f.Private = true
	r := &reader{report: report{file: f}}
	if r.isSpreadsheet() || r.notText() || r.notUTF8() {
		return nil, r.finish()
	}
	r.largeData()
	read, hint := r.csvData, "the first line of CSV names the variables, and each further line is a run"
	if r.isJSONData() {
		read, hint = r.jsonData, jsonHint
	}
	rows := read()
	if len(rows) == 0 && !r.failed() {
		r.add(source.Diagnostic{
			Code: "no-rows", Place: r.spot(0), Message: "there is no row of data in the file: nothing would run", Hint: hint,
		})
	}
	if r.failed() {
		rows = nil
	}
	return rows, r.finish()
}

// isSpreadsheet refuses what spreadsheet programs save by themselves.
func (r *reader) isSpreadsheet() bool {
	data := r.file.Bytes()
	if !bytes.HasPrefix(data, []byte("PK\x03\x04")) && !bytes.HasPrefix(data, []byte{0xd0, 0xcf, 0x11, 0xe0}) {
		return false
	}
	r.add(source.Diagnostic{
		Code: "binary-file", Place: r.spot(0), Message: "the file is a spreadsheet or an archive, not text", Hint: "save the sheet as CSV with UTF-8",
	})
	return true
}

func (r *reader) largeData() {
	if size := len(r.file.Bytes()); size > mostData {
		r.add(source.Diagnostic{
			Code: "data-size", Severity: source.Warning, Place: r.spot(0),
			Message: fmt.Sprintf("the file has %.1f MB: the hosted service takes at most 5 MB of test data", float64(size)/(1<<20)),
		})
	}
}

func (r *reader) isJSONData() bool {
	text := bytes.TrimSpace(withoutMark(r.file.Bytes()))
	return strings.EqualFold(filepath.Ext(r.file.Name), ".json") || text[0] == '[' || text[0] == '{'
}

func (r *reader) jsonData() []Row {
	root := r.json("the file of test data")
	if root == nil {
		return nil
	}
	list := root
	if root.Kind == jsontree.Object && len(root.Members) == 1 {
		list = root.Members[0].Value
	}
	if list.Kind != jsontree.Array {
		r.fail("wrong-type", root, "test data must be a list of objects, found "+describe(root), jsonHint)
		return nil
	}
	var rows []Row
	for _, v := range list.Items {
		if r.isObject(v, "a row of test data") {
			rows = append(rows, Row{Place: r.place(v), Values: r.values(field{jsontree.Member{Name: "row", Value: v}, "the test data"})})
		}
	}
	r.sameNames(rows)
	return rows
}

// sameNames warns of a row that lacks a name which the first one has: the variable is not defined in its run.
func (r *reader) sameNames(rows []Row) {
	for _, row := range rows {
		has := map[string]bool{}
		for _, v := range row.Values {
			has[v.Name.Value] = true
		}
		for _, v := range rows[0].Values {
			if has[v.Name.Value] {
				continue
			}
			r.once(source.Diagnostic{
				Code: "missing-value", Severity: source.Warning, Place: row.Place,
				Message: fmt.Sprintf("this row has no %s, which the first row has", quote(v.Name.Value)),
			})
		}
	}
}
