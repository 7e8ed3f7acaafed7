package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"offscope/bucket"
	"offscope/record"
	"offscope/runner"
	"offscope/source"
	"offscope/variables"
)

// sumsKeyOf names the test of a plan in a record's sums.
func sumsKeyOf(p *runner.Plan) string {
	at := p.Test.Place
	if at.File == nil {
		return ""
	}
	pos := at.Position()
	return record.StepsKey(at.File.Name, pos.Line, pos.Col)
}

// sumsOf are the sums of what a test is made of: of its initial scripts, and then of each of its steps.
func sumsOf(p *runner.Plan) []string {
	all := []string{shortSum([]byte(initialScripts(p)))}
	for _, s := range p.Steps {
		all = append(all, shortSum(stepText(s)))
	}
	return all
}

func initialScripts(p *runner.Plan) string {
	text := ""
	for _, layer := range p.Options.Environment.Layers() {
		text += layer.Script.Value + "\x00"
	}
	if own := p.Options.InitialScript; own != nil {
		text += own.Value
	}
	return text
}

// stepText is a step as its file has it, without the space that is of no meaning.
func stepText(s *runner.Step) []byte {
	at := s.Step.Base().Place
	if at.File == nil {
		return nil
	}
	text := at.File.Bytes()[at.Start:at.End]
	var small bytes.Buffer
	if json.Compact(&small, text) != nil {
		return text
	}
	return small.Bytes()
}

// shortSum is as much of a sum as tells two versions of a text apart.
func shortSum(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// besideOf are the files other than tests that hold what tests are given. A file that only gives secrets is not among them.
func besideOf(plans []*runner.Plan, documents []*bucket.Document) []record.File {
	seen := map[*source.File]bool{nil: true}
	for _, d := range documents {
		seen[d.File] = true
	}
	var files []record.File
	add := func(f *source.File) {
		if !seen[f] {
			seen[f] = true
			files = append(files, record.File{Path: f.Name, SHA256: sumOf(f)})
		}
	}
	for _, p := range plans {
		for _, layer := range p.Options.Environment.Layers() {
			add(layer.File)
			add(layer.Script.Place.File)
		}
		if script := p.Options.InitialScript; script != nil {
			add(script.Place.File)
		}
		for _, v := range p.Options.Values {
			if v.Origin.Kind == variables.DataRow || v.Origin.Kind == variables.VariableFile && v.Value == nil {
				add(v.Origin.Place.File)
			}
		}
	}
	return files
}

// dataFiles are the files of which the rows of iterations come.
func dataFiles(plans []*runner.Plan) map[string]bool {
	names := map[string]bool{}
	for _, p := range plans {
		for _, v := range p.Options.Values {
			if v.Origin.Kind == variables.DataRow && v.Origin.Place.File != nil {
				names[v.Origin.Place.File.Name] = true
			}
		}
	}
	return names
}
