// Starts the interactive documentation: Swagger UI on our OpenAPI document, in the theme of the page (app/src/controls/theme.rs).

const place = document.getElementById('interactive');
const dark = matchMedia('(prefers-color-scheme: dark)');
const { theme } = document.documentElement.dataset;
const follow = () => document.documentElement.classList.toggle('dark-mode', theme === 'system' ? dark.matches : theme === 'dark');
dark.addEventListener('change', follow);
follow();

SwaggerUIBundle({
  domNode: place,
  url: place.dataset.document,
  deepLinking: true,
  displayRequestDuration: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  // The server checks what it is sent, and nothing goes to other servers.
  validatorUrl: null,
});
