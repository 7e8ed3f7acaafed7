// Reads documents with the packages of other people and says what they found, as JSON. Each line of the input is
// {"name", "format", "file"}; each line of the output has the same name and "found" or "error".
import fs from 'node:fs'
import readline from 'node:readline'
import { createRequire } from 'node:module'
import { validate } from 'ctrf'
import harValidator from 'har-validator'
import { parse as parseJUnit } from 'junit2json'
import { Parser } from 'tap-parser'

const require = createRequire(import.meta.url)
const { parse: parseResults } = require('test-results-parser')

const readers = {
  har: async (text) => {
    await harValidator.har(JSON.parse(text))
    const { log } = JSON.parse(text)
    const titles = Object.fromEntries(log.pages.map((p) => [p.id, p.title]))
    const told = log.entries.map((e) => [titles[e.pageref], e._step, e.request.method, e.request.url, e.response.status, e._outcome].join(' | '))
    return { entries: log.entries.length, pages: log.pages.length, told }
  },
  ctrf: async (text) => {
    const document = JSON.parse(text)
    const result = validate(document)
    if (!result.valid) throw new Error(JSON.stringify(result.errors))
    const { tests, passed, failed, skipped } = document.results.summary
    const all = document.results.tests
    const steps = all.flatMap((t) => (t.steps ?? []).map((s) => [t.name, s.name, s.status].join(' | ')))
    return { tests, passed, failed, skipped, flaky: all.filter((t) => t.flaky).length, told: all.map((t) => [t.name, t.status].join(' | ')), steps }
  },
  tap: async (text) => {
    const odd = []
    const points = { pass: 0, fail: 0, skip: 0 }
    const told = []
    const listen = (parser, above) => {
      parser.on('child', (child) => listen(child, [...above, child.name.replace(/\\([#\\])/g, '$1')]))
      parser.on('extra', (line) => { if (line.trim()) odd.push(line) })
      parser.on('assert', (point) => {
        if (typeof point.diag === 'string') odd.push('diagnostic of ' + point.name)
        const status = point.skip ? 'skip' : point.ok ? 'pass' : 'fail'
        points[status]++
        told.push([...above, point.name, status].join(' | '))
      })
    }
    const parser = new Parser({ strict: true })
    listen(parser, [])
    const result = await new Promise((resolve) => { parser.on('complete', resolve); parser.end(text) })
    const failures = result.failures.filter((f) => f.tapError).map((f) => f.tapError)
    if (odd.length || failures.length) throw new Error(JSON.stringify([odd, failures]))
    return { ok: result.ok, bailout: result.bailout || '', count: result.count, ...points, told }
  },
  junit: async (text, file) => {
    const first = await parseJUnit(text)
    const cases = (first.testsuite ?? []).flatMap((s) => s.testcase ?? [])
    const names = cases.map((c) => c.classname + '\u0000' + c.name)
    const statusOf = (c) => c.error ? 'error' : c.failure ? 'fail' : c.skipped ? 'skip' : 'pass'
    const found = {
      suites: (first.testsuite ?? []).length, cases: cases.length, unique: new Set(names).size, total: first.tests,
      failures: cases.filter((c) => c.failure).length, errors: cases.filter((c) => c.error).length, skipped: cases.filter((c) => c.skipped).length,
      told: cases.map((c) => [c.classname, c.name, statusOf(c)].join(' | ')),
    }
    const second = parseResults({ type: 'junit', files: [file] })
    const again = second.suites.flatMap((s) => s.cases)
    found.second = { cases: again.length, bad: again.filter((c) => c.status === 'FAIL').length, skipped: again.filter((c) => c.status === 'SKIP').length,
      attachments: again.flatMap((c) => c.attachments).length, status: second.status,
      told: second.suites.flatMap((s) => s.cases.map((c) => [s.name, c.name, c.status].join(' | '))) }
    return found
  },
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const { name, format, file } = JSON.parse(line)
  try {
    const found = await readers[format](fs.readFileSync(file, 'utf8'), file)
    console.log(JSON.stringify({ name, found }))
  } catch (error) {
    console.log(JSON.stringify({ name, error: JSON.stringify(error.errors ?? error.message ?? String(error)).slice(0, 2000) }))
  }
}
