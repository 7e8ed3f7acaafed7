variables.set("email", "user-" + ("00000" + Math.floor(Math.random() * 1000000)).slice(-6) + "@example.com");
