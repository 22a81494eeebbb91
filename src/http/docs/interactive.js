// Starts the interactive documentation: Swagger UI on our OpenAPI document, in the colours that the reader's system prefers.

const place = document.getElementById('interactive');
const dark = matchMedia('(prefers-color-scheme: dark)');
const follow = () => document.documentElement.classList.toggle('dark-mode', dark.matches);
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
