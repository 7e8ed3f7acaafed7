// Reports every assertion a script makes, passed or failed, and offers the plugins.
//
// One call of a script can lead to several assertions inside Chai (the length of something is checked after the presence
// of its length property), and some of those are meant to fail. So calls are counted: what the script called is at depth
// 0, and the last assertion made for it is the one to report.
(function (chai, host) {
  "use strict";

  const { Assertion, AssertionError, util } = chai;
  const evaluate = Assertion.prototype.assert;
  const { apply } = Reflect; // a script may put others in their places
  const text = String;
  let depth = 0;
  let latest; // the message of the last assertion that passed, and at which depth

  function describe(assertion, args) {
    try {
      return text(util.flag(assertion, "message") || util.getMessage(assertion, args));
    } catch {
      return "";
    }
  }

  function outermost(assertion, run) {
    depth++;
    latest = undefined;
    try {
      const result = run();
      if (latest) {
        host.record(true, latest.message);
      }
      return result;
    } catch (error) {
      if (!(error instanceof AssertionError)) {
        throw error;
      }
      host.record(false, text(error.message));
      if (!host.ignoring()) {
        throw error;
      }
      return assertion;
    } finally {
      depth--;
      latest = undefined;
    }
  }

  function nested(run) {
    depth++;
    try {
      return run();
    } finally {
      depth--;
    }
  }

  Assertion.prototype.assert = function (...args) {
    const run = () => {
      const result = apply(evaluate, this, args);
      if (!latest || depth <= latest.depth) { // one further in speaks only while nothing further out has
        latest = { depth, message: describe(this, args) };
      }
      return result;
    };
    return depth === 0 ? outermost(this, run) : run();
  };

  function watch(method, self, args) {
    const run = () => apply(method, self, args);
    return depth === 0 ? outermost(self, run) : nested(run);
  }

  // A proxy, because Chai's own one around a method tells when somebody forgets to call it.
  const watched = new Set(["assert", "constructor", "_obj"]);
  const handler = { apply: watch };

  // A name like include, which is a method and a word of a chain, keeps its method apart.
  function watchChainable(chainable) {
    const { method } = chainable;
    chainable.method = function (...args) {
      return watch(method, this, args);
    };
  }

  function watchMethods() {
    const prototype = Assertion.prototype;
    const names = Object.getOwnPropertyNames(prototype);
    for (let i = 0; i < names.length; i++) { // this runs in every machine: iterators would take twice the time
      const name = names[i];
      if (watched.has(name)) {
        continue;
      }
      watched.add(name);
      const { value } = Object.getOwnPropertyDescriptor(prototype, name);
      if (typeof value === "function") {
        prototype[name] = new Proxy(value, handler);
      } else if (prototype.__methods[name]) {
        watchChainable(prototype.__methods[name]);
      }
    }
  }

  // The functions that fail without evaluating anything.
  for (const style of [chai.assert, chai.expect]) {
    const { fail } = style;
    style.fail = function (...args) {
      const run = () => apply(fail, this, args);
      return depth === 0 ? outermost(undefined, run) : run();
    };
  }

  function offer(plugin, places) {
    const load = () => {
      for (const [target, names] of places) {
        for (const name of names) {
          delete target[name];
        }
      }
      nested(() => chai.use(host.plugin(plugin)));
      watchMethods();
    };
    for (const [target, names] of places) {
      for (const name of names) {
        Object.defineProperty(target, name, {
          configurable: true,
          get() {
            load();
            return this[name];
          },
          set(value) {
            Object.defineProperty(this, name, { value, writable: true, configurable: true, enumerable: true });
          },
        });
      }
    }
  }

  watchMethods();
  offer("chai-json-schema", [
    [Assertion.prototype, ["jsonSchema"]],
    [chai.assert, ["jsonSchema", "notJsonSchema"]],
    [chai, ["tv4"]],
  ]);
  offer("chai-fuzzy", [
    [Assertion.prototype, ["like", "containOneLike", "jsonOf"]],
    [chai.assert, ["like", "notLike", "containOneLike", "notContainOneLike", "jsonOf", "notJsonOf"]],
  ]);
});
