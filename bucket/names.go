package bucket

import "strings"

// sources are the names a source goes by: the export's first, then those of API answers and of other people's files.
var sources = [...][]string{
	ResponseJSON:    {"response_json", "json"},
	ResponseHeaders: {"response_headers", "response_header", "header", "headers"},
	ResponseXML:     {"response_xml", "xml"},
	ResponseText:    {"response_text", "text"},
	ResponseStatus:  {"response_status", "status_code", "status"},
	ResponseTime:    {"response_time", "response_time_ms"},
	ResponseSize:    {"response_size", "response_size_bytes"},
}

// comparisons are the names a comparison goes by, the export's first.
var comparisons = [...][]string{
	Equal:                {"equal", "equals", "is_equal", "equal_to"},
	NotEqual:             {"not_equal", "does_not_equal"},
	Empty:                {"empty", "is_empty"},
	NotEmpty:             {"not_empty", "is_not_empty"},
	Contains:             {"contains"},
	DoesNotContain:       {"does_not_contain", "not_contains"},
	IsANumber:            {"is_a_number"},
	EqualNumber:          {"equal_number", "equals_number"},
	IsLessThan:           {"is_less_than", "less_than"},
	IsLessThanOrEqual:    {"is_less_than_or_equal", "less_than_or_equal"},
	IsGreaterThan:        {"is_greater_than", "greater_than"},
	IsGreaterThanOrEqual: {"is_greater_than_or_equal", "greater_than_or_equal"},
	HasKey:               {"has_key"},
	HasValue:             {"has_value"},
	IsNull:               {"is_null"},
}

// ParseSource returns the source of a name, an alias included; UnknownSource when there is none of that name.
func ParseSource(name string) Source {
	return Source(find(sources[:], name))
}

// ParseComparison returns the comparison of a name, an alias included; UnknownComparison when there is none of that name.
func ParseComparison(name string) Comparison {
	return Comparison(find(comparisons[:], name))
}

// String returns the export's name of the source, "" for the unknown one.
func (s Source) String() string { return first(sources[:], int(s)) }

// String returns the export's name of the comparison, "" for the unknown one.
func (c Comparison) String() string { return first(comparisons[:], int(c)) }

// SourceNames returns the export's names of all sources.
func SourceNames() []string { return firsts(sources[:]) }

// ComparisonNames returns the export's names of all comparisons.
func ComparisonNames() []string { return firsts(comparisons[:]) }

// NeedsTarget reports whether the comparison looks at the target value.
func (c Comparison) NeedsTarget() bool {
	switch c {
	case Empty, NotEmpty, IsANumber, IsNull:
		return false
	}
	return true
}

func find(table [][]string, name string) int {
	for i, names := range table {
		for _, n := range names {
			if strings.EqualFold(n, name) {
				return i
			}
		}
	}
	return 0
}

func first(table [][]string, i int) string {
	if i >= len(table) || len(table[i]) == 0 {
		return ""
	}
	return table[i][0]
}

func firsts(table [][]string) []string {
	var names []string
	for i := 1; i < len(table); i++ {
		names = append(names, table[i][0])
	}
	return names
}
